# One run of the cmdlet on the sync server of the lab: prints the report and keeps it as JSON, or records it
# with its evidence.
param(
    [Parameter(Mandatory)] [string] $Module,
    [string] $Report,
    [string] $Evidence,
    [string] $Arguments = ''
)
$ErrorActionPreference = 'Stop'
Import-Module $Module
$password = ConvertTo-SecureString $env:PWB_LAB_PASSWORD -AsPlainText -Force
$splat = @{
    SyncServer       = $true
    Domain           = $env:PWB_LAB_DOMAIN
    ConnectorAccount = $env:PWB_LAB_CONNECTOR
    Credential       = New-Object pscredential $env:PWB_LAB_USER, $password
    KnowledgePath    = $env:PWB_LAB_KNOWLEDGE
}
# '-Proxy http://...' of the table of faults; commas make lists
foreach ($match in [regex]::Matches($Arguments, '-(\w+) (\S+)')) {
    $value = $match.Groups[2].Value
    $splat[$match.Groups[1].Value] = if ($value -match ',') { $value -split ',' } else { $value }
}
if ($Evidence) {
    $null = Export-PasswordWritebackEvidence -Path $Evidence -NoRedact @splat
    return
}
$result = Test-PasswordWriteback @splat
$result | Out-String -Width 100
[IO.File]::WriteAllText($Report, (ConvertTo-Json -InputObject $result -Depth 12))
