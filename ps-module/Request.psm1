# From the parameters of a cmdlet to a request. Nothing is judged here, and nothing is checked that the
# library checks: its refusals name the field, and the field leads back to the parameter.

Set-StrictMode -Version 2.0

Import-Module (Join-Path $PSScriptRoot 'Error.psm1')
Import-Module (Join-Path $PSScriptRoot 'Native.psm1')

# A path as the library needs it: absolute, of the file system, relative to where the caller stands.
function Resolve-FilePath {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Path)
    try { return $Cmdlet.GetUnresolvedProviderPathFromPSPath($Path) }
    catch { Stop-Cmdlet -Cmdlet $Cmdlet -Kind notFound -Target $Path -Message "'$Path' is not a path: $($_.Exception.GetBaseException().Message)" }
}

# Files of evidence; wildcards are allowed, and one that matches nothing is an error.
function Resolve-EvidencePath {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Path)
    foreach ($one in $Path) {
        if (-not [Management.Automation.WildcardPattern]::ContainsWildcardCharacters($one)) {
            Resolve-FilePath -Cmdlet $Cmdlet -Path $one
            continue
        }
        $found = @(Get-Item -Path $one -ErrorAction Ignore | Where-Object { $_ -is [IO.FileInfo] } | Sort-Object FullName)
        if (-not $found.Count) { Stop-Cmdlet -Cmdlet $Cmdlet -Kind notFound -Target $one -Message "No file of evidence matches '$one'." }
        $found.FullName
    }
}

# Text of a file that the caller named.
function Read-TextFile {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Path, [string] $What)
    $full = Resolve-FilePath -Cmdlet $Cmdlet -Path $Path
    if (-not (Test-Path -LiteralPath $full -PathType Leaf)) {
        Stop-Cmdlet -Cmdlet $Cmdlet -Kind notFound -Target $full -Message "The $What '$full' does not exist."
    }
    try { return [IO.File]::ReadAllText($full) }
    catch { Stop-Cmdlet -Cmdlet $Cmdlet -Kind io -Target $full -Message "The $What '$full' cannot be read: $($_.Exception.GetBaseException().Message)" }
}

# A file of suppressions: a JSON list of { key or id, reason, expires, by }.
function Read-Suppression {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Path)
    $text = Read-TextFile -Cmdlet $Cmdlet -Path $Path -What 'suppression file'
    if ($text -notmatch '^\s*\[') {
        Stop-Cmdlet -Cmdlet $Cmdlet -Kind invalidRequest -Target $Path -Message "The suppression file '$Path' is not a JSON list: [ { ""id"": ""PW416"", ""reason"": ""..."" } ]."
    }
    try { ConvertFrom-Json -InputObject $text | ForEach-Object { $_ } }
    catch {
        Stop-Cmdlet -Cmdlet $Cmdlet -Kind invalidRequest -Target $Path -Message "The suppression file '$Path' is not JSON: $($_.Exception.GetBaseException().Message)"
    }
}

# Copies a parameter into a part of the request when it was given.
function Copy-Parameter {
    param([hashtable] $Into, [Collections.IDictionary] $Bound, [Collections.IDictionary] $Name)
    foreach ($field in $Name.Keys) {
        if (-not $Bound.ContainsKey($Name[$field])) { continue }
        $value = $Bound[$Name[$field]]
        if ($value -is [switch]) { $value = [bool]$value }
        $Into[$field] = $value
    }
}

# The text that names a user: of an object of another module the property that is unique longest.
function ConvertTo-Identity {
    param([Management.Automation.PSCmdlet] $Cmdlet, [object[]] $InputObject)
    foreach ($one in $InputObject) {
        if ($one -is [string] -or $one -is [guid] -or $one.GetType().Name -eq 'SecurityIdentifier') { [string]$one; continue }
        $found = $null
        foreach ($name in 'DistinguishedName', 'ObjectGuid', 'UserPrincipalName', 'SamAccountName') {
            if ($one.PSObject.Properties[$name] -and $one.$name) { $found = [string]$one.$name; break }
        }
        if (-not $found) {
            Stop-Cmdlet -Cmdlet $Cmdlet -Kind invalidRequest -Target $one -Message (
                "-Identity takes a name, or an object with DistinguishedName, ObjectGuid, UserPrincipalName or SamAccountName; '$($one.GetType().Name)' has none of them.")
        }
        $found
    }
}

# The parts of a request that live and recorded runs share.
function New-CommonRequest {
    param([Management.Automation.PSCmdlet] $Cmdlet, [Collections.IDictionary] $Bound)
    $request = @{ selection = @{}; output = @{} }
    Copy-Parameter -Into $request.selection -Bound $Bound -Name @{ checks = 'Check'; skip = 'SkipCheck'; includeNotCollected = 'IncludeNotCollected' }
    if ($Bound.ContainsKey('Suppression')) { $request.selection.suppressions = @(Read-Suppression -Cmdlet $Cmdlet -Path $Bound.Suppression) }
    Copy-Parameter -Into $request.output -Bound $Bound -Name @{ evidence = 'PassThruEvidence'; explain = 'Explain'; matrix = 'Matrix' }
    if ($Bound.ContainsKey('KnowledgePath')) { $request.knowledgePath = Resolve-FilePath -Cmdlet $Cmdlet -Path $Bound.KnowledgePath }
    $request
}

# A credential: the user goes into the request, the password is handed over beside it.
function Add-Credential {
    param(
        [Management.Automation.PSCmdlet] $Cmdlet, [hashtable] $Part, [string] $User, [string] $Secret,
        [pscredential] $Credential, [Collections.Generic.List[uint64]] $Handle
    )
    $number = Add-Secret -Cmdlet $Cmdlet -Secret $Credential.Password
    $Handle.Add($number)
    $Part[$User] = $Credential.UserName
    $Part[$Secret] = $number
}

# The request of a live run. A part exists when the cmdlet was given something for it. The handles of
# secrets are added to $Handle, for the caller to drop whatever happens.
function New-LiveRequest {
    param(
        [Management.Automation.PSCmdlet] $Cmdlet, [Collections.IDictionary] $Bound, [Collections.Generic.List[uint64]] $Handle
    )
    $request = New-CommonRequest -Cmdlet $Cmdlet -Bound $Bound
    Copy-Parameter -Into $request -Bound $Bound -Name @{ syncServer = 'SyncServer' }
    Copy-Parameter -Into $request.output -Bound $Bound -Name @{ planOnly = 'PlanOnly' }
    $limits = @{}
    if ($Bound.ContainsKey('TimeoutSecond')) { $limits.probeTimeoutMs = 1000 * $Bound.TimeoutSecond }
    if ($Bound.ContainsKey('GlobalTimeoutSecond')) { $limits.globalTimeoutMs = 1000 * $Bound.GlobalTimeoutSecond }
    $request.limits = $limits

    $network = @{}
    Copy-Parameter -Into $network -Bound $Bound -Name @{
        proxy = 'Proxy'; cloud = 'Cloud'; namespaces = 'Namespace'; allowList = 'AllowList'; includeLegacyPort = 'IncludeLegacyPort'
    }
    if ($Bound.ContainsKey('ProxyCredential')) {
        Add-Credential -Cmdlet $Cmdlet -Part $network -User proxyUser -Secret proxySecret -Credential $Bound.ProxyCredential -Handle $Handle
    }
    if ($network.Count) { $request.network = $network }

    $directory = @{}
    Copy-Parameter -Into $directory -Bound $Bound -Name @{
        domains = 'Domain'; servers = 'Server'; allController = 'AllController'; connectorAccounts = 'ConnectorAccount'
        identities = 'Identity'; searchBase = 'SearchBase'; sampleSize = 'SampleSize'; ldapFilter = 'LdapFilter'
        all = 'All'; summaryOnly = 'SummaryOnly'
    }
    if ($Bound.ContainsKey('Credential')) {
        Add-Credential -Cmdlet $Cmdlet -Part $directory -User user -Secret secret -Credential $Bound.Credential -Handle $Handle
    }
    if ($directory.Count) { $request.directory = $directory }
    if ($Bound.ContainsKey('Operation')) { $request.user = @{ operation = $Bound.Operation } }
    $request
}

# Adds recorded evidence to a request; returns what has to be offered to its job: records, or nothing.
# What -PassThruEvidence emitted may be given as it is: of the run and its report only the time is taken, and
# of its results nothing.
function Add-Evidence {
    param([Management.Automation.PSCmdlet] $Cmdlet, [Collections.IDictionary] $Bound, [hashtable] $Request, [object[]] $Evidence)
    if ($Bound.ContainsKey('EvidencePath')) {
        $Request.evidencePaths = @(Resolve-EvidencePath -Cmdlet $Cmdlet -Path $Bound.EvidencePath)
        return
    }
    $paths = New-Object 'Collections.Generic.List[string]'
    $records = New-Object 'Collections.Generic.List[object]'
    foreach ($piece in $Evidence) {
        $type = $piece.PSObject.TypeNames -replace '^Deserialized\.', ''
        if ($type -contains 'PasswordWriteback.EvidenceBundle') { $paths.Add($piece.path) }
        elseif ($type -contains 'PasswordWriteback.Run' -or $type -contains 'PasswordWriteback.Report') { $Request.asOfUnixMs = $piece.nowUnixMs }
        elseif ($type -match '^PasswordWriteback\.(Finding|ControllerPort|User|Coverage)$') { continue }
        elseif ($piece.PSObject.Properties['kind'] -and $piece.PSObject.Properties['collectedAtUnixMs']) { $records.Add($piece) }
        else {
            Stop-Cmdlet -Cmdlet $Cmdlet -Kind invalidRequest -Target $piece -Message (
                "-Evidence takes what Import-PasswordWritebackEvidence or -PassThruEvidence returned, not '$($piece.GetType().Name)'. Files are named with -EvidencePath.")
        }
    }
    if ($paths.Count) { $Request.evidencePaths = $paths.ToArray() }
    if ($records.Count) {
        $Request.expects = @('records')
        $records
    }
}

# Records as offers of at most two hundred, far below the 16 MiB of a piece, and the end.
function ConvertTo-Offer {
    param([object[]] $Record)
    for ($start = 0; $start -lt $Record.Count; $start += 200) {
        $stop = [Math]::Min($start + 199, $Record.Count - 1)
        ConvertTo-Json -InputObject @{ records = $Record[$start..$stop] } -Depth 30 -Compress
    }
    ConvertTo-Json -InputObject @{ end = @('records') } -Compress
}

# The request of an analysis, and the records to offer.
function New-AnalysisRequest {
    param([Management.Automation.PSCmdlet] $Cmdlet, [Collections.IDictionary] $Bound, [string] $Export, [object[]] $Evidence)
    $request = New-CommonRequest -Cmdlet $Cmdlet -Bound $Bound
    $request.diagnostic = $Export
    $records = @(Add-Evidence -Cmdlet $Cmdlet -Bound $Bound -Request $request -Evidence $Evidence)
    if ($Bound.ContainsKey('AsOf')) { $request.asOfUnixMs = ([DateTimeOffset]$Bound.AsOf).ToUnixTimeMilliseconds() }
    @{ Request = $request; Record = $records }
}

# The request of an export, and the records to offer.
function New-ExportRequest {
    param(
        [Management.Automation.PSCmdlet] $Cmdlet, [Collections.IDictionary] $Bound,
        [object[]] $Evidence, [Collections.Generic.List[uint64]] $Handle
    )
    $request = @{ path = (Resolve-FilePath -Cmdlet $Cmdlet -Path $Bound.Path) }
    Copy-Parameter -Into $request -Bound $Bound -Name @{ noRedact = 'NoRedact'; kinds = 'Kind' }
    $records = @()
    if ($Bound.ContainsKey('EvidencePath') -or $Evidence.Count) {
        $records = @(Add-Evidence -Cmdlet $Cmdlet -Bound $Bound -Request $request -Evidence $Evidence)
        $request.Remove('asOfUnixMs')
    }
    else { $request.live = New-LiveRequest -Cmdlet $Cmdlet -Bound $Bound -Handle $Handle }
    @{ Request = $request; Record = $records }
}

Export-ModuleMember -Function Resolve-FilePath, ConvertTo-Identity, Read-TextFile, New-LiveRequest, New-AnalysisRequest, New-ExportRequest, ConvertTo-Offer
