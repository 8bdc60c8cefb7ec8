# One run of the cmdlet on the sync server of the lab: prints the report, keeps it as JSON.
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Report,
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
# '-Proxy http://...' of the table of faults
if ($Arguments -match '^-(\w+) (\S+)$') { $splat[$Matches[1]] = $Matches[2] }
$result = Test-PasswordWriteback @splat
$result | Out-String -Width 100
[IO.File]::WriteAllText($Report, (ConvertTo-Json -InputObject $result -Depth 12))
