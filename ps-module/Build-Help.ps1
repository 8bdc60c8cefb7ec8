<#
.SYNOPSIS
Makes external help (MAML) and about_ topics from the pages in docs/.
.DESCRIPTION
A page: '# Name', then '## Synopsis', '## Description', '## Parameters' with '### -Name' and text,
'## Examples' with '### title', a code block and text, '## Outputs' with '### Type' and text, '## Links' with a
list. Syntax, types and the other facts of a parameter come from the module itself, so that they cannot
differ from it; a parameter without text, or text without a parameter, is an error.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Source
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$uri = @{
    maml    = 'http://schemas.microsoft.com/maml/2004/10'
    command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
    dev     = 'http://schemas.microsoft.com/maml/dev/2004/10'
}
$common = [Management.Automation.PSCmdlet]::CommonParameters

# Lines below each '## heading'; code blocks are no headings.
function Read-Page([string] $Path) {
    $sections = @{}
    $current = $null
    $inCode = $false
    foreach ($line in [IO.File]::ReadAllLines($Path)) {
        if ($line -like '``````*') { $inCode = -not $inCode }
        if (-not $inCode -and $line -match '^## (.+)$') { $current = $Matches[1]; $sections[$current] = New-Object 'Collections.Generic.List[string]' }
        elseif ($current) { $sections[$current].Add($line) }
    }
    $sections
}

# Paragraphs: lines joined, empty lines between, markers of emphasis and code removed.
function Split-Paragraph([string[]] $Line) {
    ($Line -join "`n").Trim() -split '\n\s*\n' | ForEach-Object { ($_ -replace '\s+', ' ' -replace '[`*]{1,2}', '').Trim() } | Where-Object { $_ }
}

# Parts below '### title'.
function Split-Part([string[]] $Line) {
    $title = $null
    $body = @()
    foreach ($one in $Line) {
        if ($one -match '^### (.+)$') {
            if ($title) { @{ Title = $title; Line = $body } }
            $title = $Matches[1]
            $body = @()
        }
        else { $body += $one }
    }
    if ($title) { @{ Title = $title; Line = $body } }
}

function Start-Element([string] $Name, [Collections.IDictionary] $Attribute = @{}) {
    $prefix, $local = $Name -split ':'
    $xml.WriteStartElement($prefix, $local, $uri[$prefix])
    foreach ($key in $Attribute.Keys) { $xml.WriteAttributeString($key, $Attribute[$key]) }
}

function Write-Element([string] $Name, [string] $Text) {
    $prefix, $local = $Name -split ':'
    $xml.WriteElementString($prefix, $local, $uri[$prefix], $Text)
}

function Write-Paragraph([string] $Name, [string[]] $Text) {
    Start-Element $Name
    foreach ($one in $Text) { Write-Element 'maml:para' $one }
    $xml.WriteEndElement()
}

function Write-Parameter([Management.Automation.CommandParameterInfo] $Parameter, [Management.Automation.ParameterMetadata] $Metadata, [string[]] $Text) {
    $pipeline = @(
        if ($Parameter.ValueFromPipeline) { 'ByValue' }
        if ($Parameter.ValueFromPipelineByPropertyName) { 'ByPropertyName' }
    )
    $position = 'named'
    if ($Parameter.Position -ge 0) { $position = [string]$Parameter.Position }
    $type = $Parameter.ParameterType.FullName
    $named = @($Metadata.Attributes | Where-Object { $_ -is [Management.Automation.PSTypeNameAttribute] })
    if ($named.Count) { $type = $named[0].PSTypeName }
    Start-Element 'command:parameter' ([ordered]@{
            required       = ([string]$Parameter.IsMandatory).ToLowerInvariant()
            variableLength = ([string]$Parameter.ParameterType.IsArray).ToLowerInvariant()
            globbing       = ([string][bool]@($Metadata.Attributes | Where-Object { $_ -is [Management.Automation.SupportsWildcardsAttribute] }).Count).ToLowerInvariant()
            pipelineInput  = $(if ($pipeline.Count) { "true ($($pipeline -join ', '))" } else { 'false' })
            position       = $position
            aliases        = $(if (@($Parameter.Aliases).Count) { $Parameter.Aliases -join ', ' } else { 'none' })
        })
    Write-Element 'maml:name' $Parameter.Name
    Write-Paragraph 'maml:description' $Text
    if ($Parameter.ParameterType -ne [switch]) {
        Start-Element 'command:parameterValue' @{ required = 'true' }
        $xml.WriteString(($type -split '\.')[-1])
        $xml.WriteEndElement()
    }
    Start-Element 'dev:type'
    Write-Element 'maml:name' $type
    $xml.WriteEndElement()
    $xml.WriteEndElement()
}

function Write-Example([hashtable] $Part) {
    $text = $Part.Line -join "`n"
    if ($text -notmatch '(?s)```powershell\n(.*?)\n```') { throw "Example '$($Part.Title)' has no code." }
    Start-Element 'command:example'
    Write-Element 'maml:title' $Part.Title
    Write-Element 'dev:code' $Matches[1]
    Write-Paragraph 'dev:remarks' (Split-Paragraph ($text -replace '(?s)```.*?```', '').Split("`n"))
    $xml.WriteEndElement()
}

function Write-Command([Management.Automation.FunctionInfo] $Info, [hashtable] $Page) {
    $described = @{}
    foreach ($part in Split-Part $Page['Parameters']) { $described[$part.Title.TrimStart('-')] = [string[]]@(Split-Paragraph $part.Line) }
    $own = @($Info.Parameters.Keys | Where-Object { $common -notcontains $_ })
    $odd = @(Compare-Object -ReferenceObject @($own) -DifferenceObject @($described.Keys) | ForEach-Object { $_.InputObject })
    if ($odd.Count) { throw "docs/$($Info.Name).md and the parameters of the cmdlet differ: $($odd -join ', ')." }

    $verb, $noun = $Info.Name -split '-', 2
    Start-Element 'command:command'
    Start-Element 'command:details'
    Write-Element 'command:name' $Info.Name
    Write-Element 'command:verb' $verb
    Write-Element 'command:noun' $noun
    Write-Paragraph 'maml:description' (Split-Paragraph $Page['Synopsis'])
    $xml.WriteEndElement()
    Write-Paragraph 'maml:description' (Split-Paragraph $Page['Description'])
    Start-Element 'command:syntax'
    $all = [ordered]@{}
    foreach ($set in $Info.ParameterSets) {
        Start-Element 'command:syntaxItem'
        Write-Element 'maml:name' $Info.Name
        foreach ($parameter in $set.Parameters | Where-Object { $common -notcontains $_.Name }) {
            if (-not $all.Contains($parameter.Name)) { $all[$parameter.Name] = $parameter }
            Write-Parameter $parameter $Info.Parameters[$parameter.Name] @()
        }
        $xml.WriteEndElement()
    }
    $xml.WriteEndElement()
    Start-Element 'command:parameters'
    foreach ($name in $all.Keys | Sort-Object) { Write-Parameter $all[$name] $Info.Parameters[$name] $described[$name] }
    $xml.WriteEndElement()
    Start-Element 'command:returnValues'
    foreach ($part in Split-Part $Page['Outputs']) {
        Start-Element 'command:returnValue'
        Start-Element 'dev:type'
        Write-Element 'maml:name' $part.Title
        $xml.WriteEndElement()
        Write-Paragraph 'maml:description' (Split-Paragraph $part.Line)
        $xml.WriteEndElement()
    }
    $xml.WriteEndElement()
    Start-Element 'command:examples'
    foreach ($part in Split-Part $Page['Examples']) { Write-Example $part }
    $xml.WriteEndElement()
    Start-Element 'command:relatedLinks'
    foreach ($line in $Page['Links'] | Where-Object { $_ -match '^- (.+)$' }) {
        Start-Element 'maml:navigationLink'
        Write-Element 'maml:linkText' ($line.Substring(2) -replace '`', '')
        Write-Element 'maml:uri' ''
        $xml.WriteEndElement()
    }
    $xml.WriteEndElement()
    $xml.WriteEndElement()
}

$target = Join-Path $Module 'en-US'
$null = New-Item -ItemType Directory -Path $target -Force
$settings = New-Object System.Xml.XmlWriterSettings
$settings.Indent = $true
$staged = Import-Module -Name (Join-Path $Module 'PasswordWriteback.psd1') -PassThru -Force
$xml = [Xml.XmlWriter]::Create((Join-Path $target 'PasswordWriteback-help.xml'), $settings)
try {
    $xml.WriteStartElement('helpItems')
    $xml.WriteAttributeString('schema', 'maml')
    foreach ($name in $staged.ExportedFunctions.Keys | Sort-Object) {
        Write-Command $staged.ExportedFunctions[$name] (Read-Page (Join-Path $Source "$name.md"))
    }
    $xml.WriteEndElement()
}
finally {
    $xml.Dispose()
    Remove-Module -ModuleInfo $staged
}

# about_ topics are plain text: headings in capitals, text indented, code as it is.
foreach ($page in Get-ChildItem -LiteralPath $Source -Filter 'about_*.md') {
    $lines = foreach ($line in [IO.File]::ReadAllLines($page.FullName)) {
        if ($line -match '^```') { continue }
        if ($line -match '^# (.+)$') { 'TOPIC'; "    $($Matches[1])" }
        elseif ($line -match '^#+ (.+)$') { $Matches[1].ToUpperInvariant() }
        elseif ($line) { "    $line" -replace '`', '' }
        else { '' }
    }
    [IO.File]::WriteAllText((Join-Path $target ($page.BaseName + '.help.txt')), ($lines -join "`n") + "`n")
}
