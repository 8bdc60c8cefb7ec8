# Makes external help (MAML) and about_ topics from the pages in docs/.
#
# A page: '# Name', then '## Synopsis', '## Description', '## Parameters' with '### -Name' and text,
# '## Examples' with '### title', a code block and text, '## Outputs', '## Links'.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Source,
    [Parameter(Mandatory)] [string] $Destination
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$maml = 'http://schemas.microsoft.com/maml/2004/10'
$command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
$dev = 'http://schemas.microsoft.com/maml/dev/2004/10'

# Sections of a page by heading; each is a list of lines.
function Read-Page {
    param([string] $Path)
    $sections = [ordered]@{}
    $current = $null
    foreach ($line in [IO.File]::ReadAllLines($Path)) {
        if ($line -match '^## (.+)$') { $current = $Matches[1]; $sections[$current] = New-Object 'Collections.Generic.List[string]' }
        elseif ($current) { $sections[$current].Add($line) }
    }
    $sections
}

# Paragraphs of a block of lines: text joined, empty lines between.
function Split-Paragraph {
    param([string[]] $Line)
    ($Line -join "`n").Trim() -split "\n\s*\n" | ForEach-Object { ($_ -replace '\s+', ' ').Trim() } | Where-Object { $_ }
}

# Parts below '### title'.
function Split-Part {
    param([string[]] $Line)
    $parts = New-Object 'Collections.Generic.List[object]'
    foreach ($one in $Line) {
        if ($one -match '^### (.+)$') { $parts.Add(@{ Title = $Matches[1]; Line = New-Object 'Collections.Generic.List[string]' }) }
        elseif ($parts.Count) { $parts[$parts.Count - 1].Line.Add($one) }
    }
    $parts
}

function Write-Text {
    param([Xml.XmlWriter] $Xml, [string] $Element, [string] $Namespace, [string[]] $Paragraph)
    $Xml.WriteStartElement($Element, $Namespace)
    foreach ($text in $Paragraph) { $Xml.WriteElementString('para', $maml, $text) }
    $Xml.WriteEndElement()
}

function Write-Command {
    param([Xml.XmlWriter] $Xml, [string] $Name, [Collections.IDictionary] $Page)
    $Xml.WriteStartElement('command', 'command', $command)
    $Xml.WriteStartElement('details', $command)
    $Xml.WriteElementString('name', $command, $Name)
    Write-Text $Xml 'description' $maml (Split-Paragraph $Page['Synopsis'])
    $Xml.WriteEndElement()
    Write-Text $Xml 'description' $maml (Split-Paragraph $Page['Description'])
    $Xml.WriteStartElement('parameters', $command)
    foreach ($part in Split-Part $Page['Parameters']) {
        $Xml.WriteStartElement('parameter', $command)
        $Xml.WriteElementString('name', $maml, $part.Title.TrimStart('-'))
        Write-Text $Xml 'description' $maml (Split-Paragraph $part.Line)
        $Xml.WriteEndElement()
    }
    $Xml.WriteEndElement()
    $Xml.WriteStartElement('examples', $command)
    foreach ($part in Split-Part $Page['Examples']) {
        $text = $part.Line -join "`n"
        $code = ''
        if ($text -match '(?s)```powershell\n(.*?)\n```') { $code = $Matches[1] }
        $Xml.WriteStartElement('example', $command)
        $Xml.WriteElementString('title', $maml, $part.Title)
        $Xml.WriteElementString('code', $dev, $code)
        Write-Text $Xml 'remarks' $dev (Split-Paragraph ($text -replace '(?s)```.*?```', '').Split("`n"))
        $Xml.WriteEndElement()
    }
    $Xml.WriteEndElement()
    $Xml.WriteEndElement()
}

$null = New-Item -ItemType Directory -Path $Destination -Force
$settings = New-Object Xml.XmlWriterSettings
$settings.Indent = $true
$writer = [Xml.XmlWriter]::Create((Join-Path $Destination 'PasswordWriteback-help.xml'), $settings)
$writer.WriteStartElement('helpItems')
$writer.WriteAttributeString('schema', 'maml')
foreach ($page in Get-ChildItem -LiteralPath $Source -Filter '*-*.md' | Sort-Object Name) {
    Write-Command $writer $page.BaseName (Read-Page $page.FullName)
}
$writer.WriteEndElement()
$writer.Dispose()

foreach ($page in Get-ChildItem -LiteralPath $Source -Filter 'about_*.md') {
    $text = [IO.File]::ReadAllText($page.FullName) -replace '(?m)^#+ ', '' -replace '(?m)^```\w*\n?', ''
    [IO.File]::WriteAllText((Join-Path $Destination ($page.BaseName + '.help.txt')), $text)
}
