# The sync server's own configuration as one record of kind adsync-config, as JSON.
#
# Only the ADSync module's cmdlets know it, and that module is made for Windows PowerShell: this script runs
# there, in this process or in the compatibility session of PowerShell 7. Everything is put into plain text,
# numbers and lists here, because objects that leave the session lose their keyed collections. Only Get-
# cmdlets are called, and only named values are read: a connector's password is never touched.

$ErrorActionPreference = 'Stop'
$started = [DateTimeOffset]::UtcNow

# The value of a named parameter of a connector or partition as text; null where there is none.
function Get-NamedValue($Parameters, [string] $Name) {
    try { $value = $Parameters[$Name].Value } catch { return $null }
    if ($null -eq $value) { return $null }
    [string]$value
}

# '1' and '0' as yes and no; anything else is not known.
function ConvertTo-YesNo([string] $Text) {
    switch ($Text) {
        { $_ -in '1', 'true' } { return $true }
        { $_ -in '0', 'false' } { return $false }
    }
    $null
}

function ConvertTo-Partition($Partition) {
    # dc-failover: whether controllers outside the preferred list may be used.
    $failover = ConvertTo-YesNo (Get-NamedValue $Partition.Parameters 'dc-failover')
    $onlyPreferred = $null
    if ($null -ne $failover) { $onlyPreferred = -not $failover }
    @{
        dn            = [string]$Partition.DN
        isDomain      = $Partition.IsDomain
        selected      = $Partition.Selected
        preferredDcs  = [object[]]@($Partition.PreferredDCs | Where-Object { $_ } | ForEach-Object { [string]$_ })
        onlyPreferred = $onlyPreferred
        lastDc        = Get-NamedValue $Partition.Parameters 'last-dc'
        signAndSeal   = ConvertTo-YesNo (Get-NamedValue $Partition.Parameters 'sign-and-seal')
        sslBind       = ConvertTo-YesNo (Get-NamedValue $Partition.Parameters 'ssl-bind')
    }
}

function ConvertTo-Connector($Connector) {
    $kind = [string]$Connector.ConnectorTypeName
    # The Entra connector has the same identifier on every server.
    if ([string]$Connector.Identifier -eq 'b891884f-051e-4a83-95af-2544101c9083') { $kind = 'Entra' }
    $isDirectory = $kind -eq 'AD'
    $values = $null
    if ($isDirectory) { $values = $Connector.ConnectivityParameters }
    @{
        name        = [string]$Connector.Name
        id          = [string]$Connector.Identifier
        kind        = $kind
        forest      = Get-NamedValue $values 'forest-name'
        loginDomain = Get-NamedValue $values 'forest-login-domain'
        loginUser   = Get-NamedValue $values 'forest-login-user'
        signAndSeal = ConvertTo-YesNo (Get-NamedValue $values 'sign-and-seal')
        sslBind     = ConvertTo-YesNo (Get-NamedValue $values 'ssl-bind')
        partitions  = [object[]]@(if ($isDirectory) { foreach ($partition in $Connector.Partitions) { ConvertTo-Partition $partition } })
    }
}

$server = [Environment]::MachineName
$record = @{
    kind              = 'adsync-config'
    target            = @{ kind = 'server'; key = 'server:' + $server.ToLowerInvariant(); display = $server; within = [object[]]@() }
    collectedAtUnixMs = $started.ToUnixTimeMilliseconds()
    collector         = 'adsync'
    vantage           = 'syncServer'
    runAs             = [Environment]::UserName
    state             = 'ok'
    data              = @{ version = $null; connectors = [object[]]@() }
}
try {
    Import-Module ADSync
    $record.data.connectors = [object[]]@(foreach ($connector in Get-ADSyncConnector) { ConvertTo-Connector $connector })
    # The version is worth having, not worth losing the connectors for.
    try { $record.data.version = Get-NamedValue (Get-ADSyncGlobalSettings).Parameters 'Microsoft.Synchronize.ServerConfigurationVersion' }
    catch { $record.data.version = $null }
}
catch {
    # The cmdlets need an elevated member of the local administrators or ADSyncAdmins, and the running service.
    $record.state = 'notReadable'
    if ($_.Exception -is [UnauthorizedAccessException] -or $_.CategoryInfo.Category -eq 'PermissionDenied') { $record.state = 'accessDenied' }
    $record.error = @{ class = 'adsync'; code = [string]$_.FullyQualifiedErrorId; text = [string]$_.Exception.Message }
}
$record.durationMs = [int]([DateTimeOffset]::UtcNow - $started).TotalMilliseconds
ConvertTo-Json -InputObject $record -Depth 10 -Compress
