//! The SASL exchange of the mechanism GSSAPI ([RFC 4752] 3.1): tokens until the context stands, then the
//! agreement about the layer. Only confidentiality is taken.

use super::message::{Answer, bind_request, read_answer};
use super::{Mechanism, Trouble};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

/// saslBindInProgress ([RFC 4511] appendix A).
const IN_PROGRESS: u32 = 14;

/// The layer "privacy protection" ([RFC 4752] 3.3).
const CONFIDENTIALITY: u8 = 4;

/// The largest token that we ask for. Smaller than we take (see `pump`): a page comes in pieces, and what
/// has arrived can be handed on.
const ASKED: u32 = 256 * 1024;

/// What wrapping adds at most: header, confounder, padding and checksum of [RFC 4121] 4.2.4 stay far below.
const OVERHEAD: usize = 512;

/// Exchanges of one bind. Kerberos needs three.
const MOST_ROUNDS: i32 = 8;

/// How the exchange ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What is sent now on is wrapped, at most so many bytes at a time.
    Agreed { largest: usize },
    /// The controller answered with this result code.
    Refused { code: u32, text: String },
}

/// Runs the exchange, beginning with the first token of the mechanism.
pub async fn agree<S, M>(stream: &mut S, mechanism: &mut M, first: Vec<u8>) -> Result<Outcome, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
    M: Mechanism,
{
    let mut next = Some(first);
    for id in 1..=MOST_ROUNDS {
        let Answer { code, text, token } = ask(stream, id, next.as_deref()).await?;
        if code != IN_PROGRESS {
            return refused(code, text);
        }
        let token = token.ok_or_else(|| Trouble::broken("the controller sent no token"))?;
        if mechanism.is_complete() {
            let (largest, reply) = layer(mechanism, &token)?;
            let Answer { code, text, .. } = ask(stream, id + 1, Some(&reply)).await?;
            return if code == 0 { Ok(Outcome::Agreed { largest }) } else { refused(code, text) };
        }
        next = mechanism.step(&token).map_err(|text| Trouble::kerberos(&text))?;
    }
    Err(Trouble::broken("the exchange of tokens does not end"))
}

async fn ask<S>(stream: &mut S, id: i32, token: Option<&[u8]>) -> Result<Answer, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = bind_request(id, token).map_err(|error| Trouble::broken(error.to_string()))?;
    let sent = stream.write_all(&request).await;
    sent.map_err(|_| Trouble::broken("the controller closed the connection"))?;
    read_answer(stream).await.map_err(Trouble::Peer)
}

fn refused(code: u32, text: String) -> Result<Outcome, Trouble> {
    match code {
        0 => Err(Trouble::broken("the controller accepted the bind before a layer was agreed")),
        IN_PROGRESS => Err(Trouble::broken("the controller does not end the bind")),
        _ => Ok(Outcome::Refused { code, text }),
    }
}

/// Answers the offer of layers: its first octet is a mask, the others the largest token that the
/// controller takes.
fn layer(mechanism: &mut impl Mechanism, token: &[u8]) -> Result<(usize, Vec<u8>), Trouble> {
    let offer = mechanism.unwrap(token).map_err(|text| Trouble::kerberos(&text))?;
    let Ok([mask, size @ ..]) = <[u8; 4]>::try_from(offer) else {
        return Err(Trouble::broken("the offer of layers is not well-formed"));
    };
    if mask & CONFIDENTIALITY == 0 {
        return Err(Trouble::broken(format!("the controller offers no sealing (layers {mask})")));
    }
    let size = size.iter().fold(0, |size, octet| size << 8 | usize::from(*octet));
    let largest = size.saturating_sub(OVERHEAD);
    if largest == 0 {
        return Err(Trouble::broken(format!("the controller takes {size} bytes at a time, too few to seal")));
    }
    let mut choice = ASKED.to_be_bytes();
    choice[0] = CONFIDENTIALITY;
    // Without encryption, as the specification wants it; no other identity is asked for.
    let reply = mechanism.wrap(&choice, false).map_err(|text| Trouble::kerberos(&text))?;
    Ok((largest, reply))
}

#[cfg(test)]
mod tests {
    use super::super::Seal;
    use super::*;
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};

    /// Complete after one token; wraps by adding a letter.
    #[derive(Default)]
    struct Plain {
        complete: bool,
    }

    impl Seal for Plain {
        fn wrap(&mut self, plain: &[u8], conceal: bool) -> Result<Vec<u8>, String> {
            assert!(!conceal, "the choice of a layer is not encrypted");
            Ok([b"W", plain].concat())
        }

        fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
            token.strip_prefix(b"W").map(<[u8]>::to_vec).ok_or_else(|| "not wrapped".to_owned())
        }
    }

    impl Mechanism for Plain {
        fn step(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String> {
            self.complete = token == b"T";
            Ok(None)
        }

        fn is_complete(&self) -> bool {
            self.complete
        }
    }

    fn answer(code: u8, token: &[u8]) -> Vec<u8> {
        let operation = [&[0x0a, 1, code, 4, 0, 4, 0, 0x87, token.len() as u8], token].concat();
        [&[0x30, operation.len() as u8 + 5, 2, 1, 1, 0x61, operation.len() as u8], &operation[..]].concat()
    }

    async fn serve(mut stream: DuplexStream, answers: Vec<Vec<u8>>) -> Vec<u8> {
        let mut asked = [0; 512];
        let mut last = Vec::new();
        for answer in answers {
            let read = stream.read(&mut asked).await.expect("a request");
            if read == 0 {
                break;
            }
            last = asked[..read].to_vec();
            stream.write_all(&answer).await.expect("an answer");
        }
        last
    }

    /// How the exchange ends with these answers, and the last request.
    async fn exchange(answers: Vec<Vec<u8>>) -> (String, Vec<u8>) {
        let (mut ours, theirs) = duplex(4096);
        let server = tokio::spawn(serve(theirs, answers));
        let outcome = agree(&mut ours, &mut Plain::default(), b"first".to_vec()).await;
        drop(ours);
        let outcome = outcome.map_or_else(|trouble| trouble.to_string(), |outcome| format!("{outcome:?}"));
        (outcome, server.await.expect("the server"))
    }

    #[tokio::test]
    async fn confidentiality_is_agreed_and_the_peers_size_kept() {
        let (outcome, choice) =
            exchange(vec![answer(14, b"T"), answer(14, b"W\x07\x00\x10\x00"), answer(0, b"")]).await;
        assert_eq!(outcome, "Agreed { largest: 3584 }");
        assert!(choice.ends_with(b"W\x04\x04\x00\x00"), "{choice:?}");
    }

    #[tokio::test]
    async fn whatever_else_the_controller_answers_ends_the_bind() {
        for (answers, expected) in [
            (vec![answer(49, b"")], "Refused { code: 49"),
            (vec![answer(14, b"T"), answer(14, b"W\x04\xff\xff\xff"), answer(8, b"")], "Refused { code: 8"),
            (vec![answer(0, b"")], "before a layer was agreed"),
            (vec![answer(14, b"T"), answer(0, b"")], "before a layer was agreed"),
            (vec![answer(14, b"T"), answer(14, b"W\x03\xff\xff\xff")], "no sealing"),
            (vec![answer(14, b"T"), answer(14, b"W\x04\x00\x00\x00")], "too few"),
            (vec![answer(14, b"T"), answer(14, b"W\x04")], "not well-formed"),
            (vec![answer(14, b"T"), answer(14, b"\x04\xff\xff\xff")], "not wrapped"),
            (vec![answer(14, b"more"); 9], "does not end"),
            (vec![b"\x30\x00".to_vec()], "not well-formed LDAP"),
            (vec![Vec::new()], "closed the connection"),
        ] {
            let (outcome, _) = exchange(answers).await;
            assert!(outcome.contains(expected), "{outcome}");
        }
    }
}
