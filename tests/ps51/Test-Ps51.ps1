<#
.SYNOPSIS
Proves, as far as reading can, that scripts run under Windows PowerShell 5.1 on .NET Framework 4.7.2.
.DESCRIPTION
Runs in PowerShell 7. Reads .ps1, .psm1 and .psd1 files and reports, one line per finding (file:line: kind: text):
  Syntax    what 5.1's parser does not know: ?: ?? ??= ?. ?[] && || trailing & clean{} 0b1 1y 1u 1n `e `u{}
  Encoding  non-ASCII text in a file without a byte order mark (5.1 reads it in the machine's ANSI code page)
  Command   a command that neither 5.1 nor these files define (commands.json); -Allow names others, e.g. ADSync's
  Parameter a parameter that the command does not have in 5.1
  Variable  an automatic variable that 5.1 does not have
  Type      a type literal or New-Object name that .NET Framework 4.7.2 and 5.1's engine do not have (types.tsv.gz)
  Member    a static member that the type does not have there, or an instance member that no type has there
-Member names instance members of types of one's own (a compiled loader).
What it cannot see: values at run time, overloads, dynamic parameters of providers. Exit code 1 when it found something.
#>
param([Parameter(Mandatory)][string[]]$Path, [string[]]$Allow = @(), [string[]]$Skip = @(), [string[]]$Member = @())
$ErrorActionPreference = 'Stop'
$known = Get-Content "$PSScriptRoot/commands.json" -Raw | ConvertFrom-Json
$commands = @{}; $aliases = @{}
foreach ($module in $known.modules.PSObject.Properties.Value) {
    foreach ($c in $module.commands.PSObject.Properties) { $commands[$c.Name] = @($c.Value.parameters) }
    foreach ($a in $module.aliases) { $aliases[$a] = $true }
}
$common = @($known.commonParameters)
# dynamic parameters of the file system, registry and certificate providers
$dynamic = 'Encoding','Raw','Delimiter','Wait','Stream','AsByteStream','File','Directory','Hidden','ReadOnly','System','Attributes','FollowSymlink','Type','CodeSigningCert','ItemType' | Where-Object { $_ -ne 'AsByteStream' -and $_ -ne 'FollowSymlink' }
$providers = 'Get-Content','Set-Content','Add-Content','Get-ChildItem','Get-Item','Set-ItemProperty','New-ItemProperty','New-Item','Clear-Content','Remove-Item'
$members = @{}; $anyMember = [Collections.Generic.HashSet[string]]::new([StringComparer]::OrdinalIgnoreCase)
$reader = [IO.StreamReader]::new([IO.Compression.GZipStream]::new([IO.File]::OpenRead("$PSScriptRoot/types.tsv.gz"), [IO.Compression.CompressionMode]::Decompress))
while ($null -ne ($line = $reader.ReadLine())) {
    $name, $list = $line.Split("`t"); $set = [Collections.Generic.HashSet[string]]::new([StringComparer]::OrdinalIgnoreCase)
    foreach ($m in $list.Split(' ')) { if ($m) { [void]$set.Add($m); if ($m[0] -ne '*') { [void]$anyMember.Add($m) } } }
    $members[$name] = $set
}
$reader.Dispose()
foreach ($own in $Member) { [void]$anyMember.Add($own) }
# 5.1's accelerators; a name outside this list is looked up as it is and with "System." before it
$accelerators = @{}
'adsi=System.DirectoryServices.DirectoryEntry adsisearcher=System.DirectoryServices.DirectorySearcher array=System.Array bigint=System.Numerics.BigInteger bool=System.Boolean byte=System.Byte char=System.Char cultureinfo=System.Globalization.CultureInfo datetime=System.DateTime decimal=System.Decimal double=System.Double float=System.Single guid=System.Guid hashtable=System.Collections.Hashtable initialsessionstate=System.Management.Automation.Runspaces.InitialSessionState int=System.Int32 int16=System.Int16 int32=System.Int32 int64=System.Int64 ipaddress=System.Net.IPAddress ipendpoint=System.Net.IPEndPoint long=System.Int64 mailaddress=System.Net.Mail.MailAddress powershell=System.Management.Automation.PowerShell psaliasproperty=System.Management.Automation.PSAliasProperty pscredential=System.Management.Automation.PSCredential pscustomobject=System.Management.Automation.PSObject psmoduleinfo=System.Management.Automation.PSModuleInfo psnoteproperty=System.Management.Automation.PSNoteProperty psobject=System.Management.Automation.PSObject psvariable=System.Management.Automation.PSVariable ref=System.Management.Automation.PSReference regex=System.Text.RegularExpressions.Regex runspace=System.Management.Automation.Runspaces.Runspace runspacefactory=System.Management.Automation.Runspaces.RunspaceFactory sbyte=System.SByte scriptblock=System.Management.Automation.ScriptBlock securestring=System.Security.SecureString single=System.Single string=System.String switch=System.Management.Automation.SwitchParameter timespan=System.TimeSpan type=System.Type uint16=System.UInt16 uint32=System.UInt32 uint64=System.UInt64 uri=System.Uri version=System.Version void=System.Void wmi=System.Management.ManagementObject wmiclass=System.Management.ManagementClass wmisearcher=System.Management.ManagementObjectSearcher x509certificate=System.Security.Cryptography.X509Certificates.X509Certificate x500distinguishedname=System.Security.Cryptography.X509Certificates.X500DistinguishedName xml=System.Xml.XmlDocument' -split ' ' |
    ForEach-Object { $k, $v = $_.Split('='); $accelerators[$k] = $v }
$attributes = 'CmdletBinding','Parameter','Alias','OutputType','ValidateSet','ValidateRange','ValidateNotNull','ValidateNotNullOrEmpty','ValidateLength','ValidateCount','ValidatePattern','ValidateScript','AllowNull','AllowEmptyString','AllowEmptyCollection','ArgumentCompleter','SupportsWildcards','Credential','PSTypeName','DscResource','DscProperty','ValidateDrive','ValidateUserDrive','PSDefaultValue','ordered'
$newVariables = 'IsWindows','IsLinux','IsMacOS','IsCoreCLR','PSStyle','EnabledExperimentalFeatures','PSNativeCommandUseErrorActionPreference','PSNativeCommandArgumentPassing'

function Resolve-TypeName([string]$name) {
    $name = $name -replace '\[.*\]$', '' -replace '\[\]$', ''
    if ($accelerators.ContainsKey($name)) { return $accelerators[$name] }
    foreach ($try in $name, "System.$name") {
        if ($members.ContainsKey($try)) { return $try }
        foreach ($arity in 1..4) { if ($members.ContainsKey("$try``$arity")) { return "$try``$arity" } }
        $hit = $members.Keys | Where-Object { $_ -ieq $try } | Select-Object -First 1
        if ($hit) { return $hit }
    }
    $null
}
$files = Get-ChildItem -Path $Path -Recurse -File -Include *.ps1, *.psm1, *.psd1 | Where-Object { $Skip -notcontains $_.Name }
$defined = @{}; $trees = [ordered]@{}; $found = [Collections.Generic.List[object]]::new()
function Add-Finding($file, $extent, $kind, $text) { $found.Add([pscustomobject]@{ File = $file.Name; Line = $extent.StartLineNumber; Kind = $kind; Text = $text }) }
foreach ($file in $files) {
    $tokens = $errors = $null
    $tree = [Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref]$tokens, [ref]$errors)
    $trees[$file.FullName] = @($file, $tree, $tokens)
    foreach ($e in $errors) { Add-Finding $file $e.Extent 'Syntax' $e.Message }
    foreach ($f in $tree.FindAll({ $args[0] -is [Management.Automation.Language.FunctionDefinitionAst] }, $true)) {
        $block = if ($f.Parameters) { $f.Parameters } elseif ($f.Body.ParamBlock) { $f.Body.ParamBlock.Parameters } else { @() }
        $defined[$f.Name -replace '^(global|script|private|local):', ''] = @($block | ForEach-Object { $_.Name.VariablePath.UserPath }) + @($block.Attributes | Where-Object { $_.TypeName.Name -eq 'Alias' } | ForEach-Object { $_.PositionalArguments.Value })
    }
    $bytes = [IO.File]::ReadAllBytes($file.FullName)
    if (-not ($bytes.Count -ge 3 -and $bytes[0] -eq 0xEF -and $bytes[1] -eq 0xBB) -and ($bytes | Where-Object { $_ -gt 127 } | Select-Object -First 1)) {
        $found.Add([pscustomobject]@{ File = $file.Name; Line = 0; Kind = 'Encoding'; Text = 'non-ASCII text without a byte order mark' })
    }
}
foreach ($entry in $trees.Values) {
    $file, $tree, $tokens = $entry
    foreach ($token in $tokens) {
        if ($token.Kind -eq 'Number' -and $token.Text -match '^0b|(?<![0-9a-fx])\d+(y|uy|s|us|u|ul|n)$') { Add-Finding $file $token.Extent 'Syntax' "number $($token.Text)" }
        if ($token -is [Management.Automation.Language.StringExpandableToken] -and $token.Text -match '(?<!`)(``)*`(e|u\{)') { Add-Finding $file $token.Extent 'Syntax' 'escape `e or `u{}' }
    }
    foreach ($node in $tree.FindAll({ $true }, $true)) {
        switch ($node.GetType().Name) {
            'TernaryExpressionAst' { Add-Finding $file $node.Extent 'Syntax' 'a ? b : c' }
            'PipelineChainAst' { Add-Finding $file $node.Extent 'Syntax' '&& or ||' }
            'PipelineAst' { if ($node.Background) { Add-Finding $file $node.Extent 'Syntax' 'trailing &' } }
            'BinaryExpressionAst' { if ($node.Operator -eq 'QuestionQuestion') { Add-Finding $file $node.Extent 'Syntax' '??' } }
            'AssignmentStatementAst' { if ($node.Operator -eq 'QuestionQuestionEquals') { Add-Finding $file $node.Extent 'Syntax' '??=' } }
            'ScriptBlockAst' { if ($node.CleanBlock) { Add-Finding $file $node.Extent 'Syntax' 'clean block' } }
            'IndexExpressionAst' { if ($node.NullConditional) { Add-Finding $file $node.Extent 'Syntax' '?[]' } }
            'VariableExpressionAst' { if ($newVariables -contains $node.VariablePath.UserPath) { Add-Finding $file $node.Extent 'Variable' "`$$($node.VariablePath.UserPath)" } }
            { $_ -in 'TypeExpressionAst', 'TypeConstraintAst' } {
                if ($node.TypeName.GetType().Name -ne 'TypeName') { break }
                if ($node.TypeName.Name -eq 'ordered') { break }
                if (-not (Resolve-TypeName $node.TypeName.FullName)) { Add-Finding $file $node.Extent 'Type' "[$($node.TypeName.FullName)]" }
            }
            'AttributeAst' { if ($attributes -notcontains $node.TypeName.Name -and -not (Resolve-TypeName $node.TypeName.Name) -and -not (Resolve-TypeName "$($node.TypeName.Name)Attribute")) { Add-Finding $file $node.Extent 'Type' "[$($node.TypeName.Name)()]" } }
            { $_ -in 'MemberExpressionAst', 'InvokeMemberExpressionAst' } {
                if ($node.NullConditional) { Add-Finding $file $node.Extent 'Syntax' '?.' }
                if ($node.Member -isnot [Management.Automation.Language.StringConstantExpressionAst]) { break }
                $member = $node.Member.Value
                if ($node.Static -and $node.Expression -is [Management.Automation.Language.TypeExpressionAst]) {
                    $type = Resolve-TypeName $node.Expression.TypeName.FullName
                    if ($type -and -not $members[$type].Contains("*$member")) { Add-Finding $file $node.Extent 'Member' "[$type]::$member" }
                }
                elseif (-not $node.Static -and $node -is [Management.Automation.Language.InvokeMemberExpressionAst] -and -not $anyMember.Contains($member) -and $member -notin 'ForEach', 'Where') {
                    Add-Finding $file $node.Extent 'Member' ".$member()"
                }
            }
            'CommandAst' {
                $name = $node.GetCommandName(); if (-not $name) { break }
                $bare = ($name -replace '^.*\\', '')
                if ($Allow -contains $bare) { break }
                if ($defined.ContainsKey($bare)) { $parameters = $defined[$bare] }
                elseif ($commands.ContainsKey($bare)) { $parameters = $commands[$bare] }
                elseif ($aliases.ContainsKey($bare) -or $bare -in 'ForEach', 'Where', '%', '?', 'switch') { break }
                elseif ($bare -match '\.(exe|cmd|bat|ps1)$') { break }
                else { Add-Finding $file $node.Extent 'Command' $bare; break }
                foreach ($p in $node.CommandElements | Where-Object { $_ -is [Management.Automation.Language.CommandParameterAst] }) {
                    $n = $p.ParameterName
                    if (@($parameters + $common | Where-Object { $_ -like "$n*" }).Count) { continue }
                    if ($providers -contains $bare -and $dynamic -contains $n) { continue }
                    Add-Finding $file $p.Extent 'Parameter' "$bare -$n"
                }
                if ($bare -eq 'New-Object') {
                    $t = $node.CommandElements | Select-Object -Skip 1 | Where-Object { $_ -is [Management.Automation.Language.StringConstantExpressionAst] } | Select-Object -First 1
                    if ($t -and -not (Resolve-TypeName $t.Value)) { Add-Finding $file $node.Extent 'Type' "New-Object $($t.Value)" }
                }
            }
        }
    }
}
$found | Sort-Object File, Line | ForEach-Object { "$($_.File):$($_.Line): $($_.Kind): $($_.Text)" }
"$(@($files).Count) files, $($found.Count) findings"
if ($found.Count) { exit 1 }
