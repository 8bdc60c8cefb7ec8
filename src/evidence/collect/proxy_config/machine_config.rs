//! `<system.net><defaultProxy>` of a .NET Framework configuration file: machine.config, and
//! miiserver.exe.config, which has the same form.

use super::environment::address;
use crate::evidence::MachineConfig;
use crate::evidence::collect::net::text::bounded;
use roxmltree::{Document, Node, ParsingOptions};

/// Entries of a bypass list that are recorded.
const MOST_BYPASSES: usize = 200;

/// What a file says.
#[derive(Debug, Default, PartialEq)]
pub struct File {
    pub config: MachineConfig,
    /// A script or automatic detection decides.
    pub scripted: bool,
}

/// Reads a file; `None` when it is not well-formed. Element and attribute names are case-sensitive in
/// .NET, values of switches are not.
pub fn parse(text: &str) -> Option<File> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 200_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).ok()?;
    let Some(default_proxy) = child(document.root_element(), "system.net").and_then(|net| child(net, "defaultProxy"))
    else {
        return Some(File::default());
    };
    let proxy = child(default_proxy, "proxy");
    let of_proxy = |name: &str| proxy.and_then(|proxy| proxy.attribute(name)).filter(|value| !value.trim().is_empty());
    let bypass = child(default_proxy, "bypasslist").into_iter().flat_map(|list| list.children());
    let bypass = bypass.filter(|node| node.has_tag_name("add")).filter_map(|node| node.attribute("address"));
    Some(File {
        config: MachineConfig {
            present: true,
            enabled: switch(default_proxy.attribute("enabled")),
            use_default_credentials: switch(default_proxy.attribute("useDefaultCredentials")),
            use_system_default: switch(of_proxy("usesystemdefault")),
            proxy_address: of_proxy("proxyaddress").and_then(address),
            bypass_on_local: switch(of_proxy("bypassonlocal")),
            bypass: bypass.map(bounded).take(MOST_BYPASSES).collect(),
        },
        scripted: of_proxy("scriptLocation").is_some() || switch(of_proxy("autoDetect")) == Some(true),
    })
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.has_tag_name(name))
}

/// `true`, `false`; anything else (`Unspecified`) is not set.
fn switch(value: Option<&str>) -> Option<bool> {
    value.and_then(|value| value.trim().to_ascii_lowercase().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(inner: &str) -> Option<File> {
        parse(&format!("<?xml version=\"1.0\"?><configuration><runtime/>{inner}</configuration>"))
    }

    #[test]
    fn the_documented_form_is_read() {
        let read = file(
            "<system.net><defaultProxy enabled=\"true\" useDefaultCredentials=\"True\">
               <proxy usesystemdefault=\"true\" proxyaddress=\"http://u:s3cret@proxy.corp.example:8080\" bypassonlocal=\"true\"/>
               <bypasslist><add address=\"[a-z]+\\.corp\\.example$\"/><remove address=\"x\"/></bypasslist>
             </defaultProxy></system.net>",
        );
        let expected = MachineConfig {
            present: true,
            enabled: Some(true),
            use_default_credentials: Some(true),
            use_system_default: Some(true),
            proxy_address: Some("http://proxy.corp.example:8080".to_owned()),
            bypass_on_local: Some(true),
            bypass: vec![r"[a-z]+\.corp\.example$".to_owned()],
        };
        assert_eq!(read, Some(File { config: expected, scripted: false }));
    }

    #[test]
    fn what_is_not_set_is_null() {
        assert_eq!(file(""), Some(File::default()));
        assert_eq!(file("<system.net/>"), Some(File::default()));
        let empty = file("<system.net><defaultProxy/></system.net>").unwrap();
        assert_eq!(empty.config, MachineConfig { present: true, ..MachineConfig::default() });
        let unspecified = "<system.net><defaultProxy><proxy usesystemdefault=\"Unspecified\" proxyaddress=\"\"/></defaultProxy></system.net>";
        assert_eq!(file(unspecified).unwrap().config, empty.config);
    }

    #[test]
    fn scripts_are_seen() {
        for (proxy, expected) in [
            ("<proxy scriptLocation=\"http://pac/x.pac\"/>", true),
            ("<proxy autoDetect=\"True\"/>", true),
            ("<proxy autoDetect=\"False\"/>", false),
        ] {
            let read = file(&format!("<system.net><defaultProxy>{proxy}</defaultProxy></system.net>"));
            assert_eq!(read.unwrap().scripted, expected, "{proxy}");
        }
    }

    #[test]
    fn what_is_no_xml_is_not_read() {
        for text in [
            "",
            "<configuration>",
            "not xml",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><configuration>&b;</configuration>",
            "\u{0}",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("\u{feff}<configuration/>"), Some(File::default()));
    }
}
