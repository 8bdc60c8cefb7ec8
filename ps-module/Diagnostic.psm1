# From the parameters of a Test- cmdlet to a request, and from its items to output, -Quiet and -FailOn.
# No judgement: what a finding is worth comes from the library.

Set-StrictMode -Version 2.0

Import-Module (Join-Path $PSScriptRoot 'Native.psm1')

$script:Weight = @{ info = 0; low = 1; medium = 2; high = 3; critical = 4 }

function Resolve-FilePath {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Path)
    $Cmdlet.GetUnresolvedProviderPathFromPSPath($Path)
}

# Copies a bound parameter into a request when it was given.
function Copy-Parameter {
    param([hashtable] $Into, [string] $Name, [Collections.IDictionary] $Bound, [string] $Parameter)
    if ($Bound.ContainsKey($Parameter)) {
        $value = $Bound[$Parameter]
        if ($value -is [switch]) { $value = [bool]$value }
        $Into[$Name] = $value
    }
}

# A file of suppressions: a JSON list of {key or id, reason, expires, by}.
function Read-Suppression {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Path)
    $full = Resolve-FilePath -Cmdlet $Cmdlet -Path $Path
    if (-not (Test-Path -LiteralPath $full -PathType Leaf)) {
        $Cmdlet.ThrowTerminatingError((New-ErrorRecord -Kind 'notFound' -Target $full -Message "The suppression file '$full' does not exist."))
    }
    try { , @(ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($full)) | ForEach-Object { $_ }) }
    catch {
        $Cmdlet.ThrowTerminatingError((New-ErrorRecord -Kind 'invalidRequest' -Target $full -Message "The suppression file '$full' is not a JSON list: $($_.Exception.Message)"))
    }
}

# The parts of a request that live and recorded runs share.
function New-CommonRequest {
    param([Management.Automation.PSCmdlet] $Cmdlet, [Collections.IDictionary] $Bound)
    $selection = @{}
    Copy-Parameter -Into $selection -Name 'checks' -Bound $Bound -Parameter 'Check'
    Copy-Parameter -Into $selection -Name 'skip' -Bound $Bound -Parameter 'SkipCheck'
    Copy-Parameter -Into $selection -Name 'includeNotCollected' -Bound $Bound -Parameter 'IncludeNotCollected'
    if ($Bound.ContainsKey('Suppression')) { $selection.suppressions = @(Read-Suppression -Cmdlet $Cmdlet -Path $Bound.Suppression) }
    $output = @{}
    Copy-Parameter -Into $output -Name 'evidence' -Bound $Bound -Parameter 'PassThruEvidence'
    $request = @{ selection = $selection; output = $output }
    if ($Bound.ContainsKey('KnowledgePath')) {
        $request.knowledgePath = Resolve-FilePath -Cmdlet $Cmdlet -Path $Bound.KnowledgePath
    }
    $request
}

# A credential: the user goes into the request, the password is handed over beside it.
function Add-CredentialPart {
    param([hashtable] $Part, [string] $User, [string] $Secret, [pscredential] $Credential, [Collections.Generic.List[uint64]] $Handle)
    $number = Add-Secret -Secret $Credential.Password
    $Handle.Add($number)
    $Part[$User] = $Credential.UserName
    $Part[$Secret] = $number
}

# The request of a live run. Which parts exist is what the cmdlet has parameters for.
function New-LiveRequest {
    param(
        [Management.Automation.PSCmdlet] $Cmdlet,
        [Collections.IDictionary] $Bound,
        [Collections.Generic.List[uint64]] $Handle
    )
    $request = New-CommonRequest -Cmdlet $Cmdlet -Bound $Bound
    Copy-Parameter -Into $request -Name 'syncServer' -Bound $Bound -Parameter 'SyncServer'
    Copy-Parameter -Into $request.output -Name 'planOnly' -Bound $Bound -Parameter 'PlanOnly'
    $limits = @{}
    if ($Bound.ContainsKey('TimeoutSecond')) { $limits.probeTimeoutMs = 1000 * $Bound.TimeoutSecond }
    if ($Bound.ContainsKey('GlobalTimeoutSecond')) { $limits.globalTimeoutMs = 1000 * $Bound.GlobalTimeoutSecond }
    $request.limits = $limits

    $network = @{}
    Copy-Parameter -Into $network -Name 'proxy' -Bound $Bound -Parameter 'Proxy'
    Copy-Parameter -Into $network -Name 'cloud' -Bound $Bound -Parameter 'Cloud'
    Copy-Parameter -Into $network -Name 'namespaces' -Bound $Bound -Parameter 'Namespace'
    Copy-Parameter -Into $network -Name 'allowList' -Bound $Bound -Parameter 'AllowList'
    Copy-Parameter -Into $network -Name 'includeLegacyPort' -Bound $Bound -Parameter 'IncludeLegacyPort'
    if ($Bound.ContainsKey('ProxyCredential')) {
        Add-CredentialPart -Part $network -User 'proxyUser' -Secret 'proxySecret' -Credential $Bound.ProxyCredential -Handle $Handle
    }
    if ($network.Count) { $request.network = $network }

    $directory = @{}
    Copy-Parameter -Into $directory -Name 'domains' -Bound $Bound -Parameter 'Domain'
    Copy-Parameter -Into $directory -Name 'servers' -Bound $Bound -Parameter 'Server'
    Copy-Parameter -Into $directory -Name 'allController' -Bound $Bound -Parameter 'AllController'
    if ($Bound.ContainsKey('Credential')) {
        Add-CredentialPart -Part $directory -User 'user' -Secret 'secret' -Credential $Bound.Credential -Handle $Handle
    }
    if ($directory.Count) { $request.directory = $directory }
    $request
}

# Evidence that was piped or passed: bundles by their path, records as they are.
function Split-Evidence {
    param([object[]] $Evidence)
    $paths = New-Object 'Collections.Generic.List[string]'
    $records = New-Object 'Collections.Generic.List[object]'
    foreach ($piece in $Evidence) {
        if ($piece.PSObject.TypeNames -contains 'PasswordWriteback.EvidenceBundle') { $paths.Add($piece.path) }
        else { $records.Add($piece) }
    }
    @{ Paths = $paths.ToArray(); Records = $records.ToArray() }
}

# Records as offers of at most two hundred, then the end.
function ConvertTo-Offer {
    param([object[]] $Record)
    for ($start = 0; $start -lt $Record.Count; $start += 200) {
        $stop = [Math]::Min($start + 199, $Record.Count - 1)
        ConvertTo-Json -InputObject @{ records = @($Record[$start..$stop]) } -Depth 30 -Compress
    }
    '{"end":["records"]}'
}

# The request of an analysis, with what is to be offered.
function New-AnalysisRequest {
    param([Management.Automation.PSCmdlet] $Cmdlet, [Collections.IDictionary] $Bound, [string] $Export, [object[]] $Evidence)
    $request = New-CommonRequest -Cmdlet $Cmdlet -Bound $Bound
    $request.diagnostic = $Export
    $offer = @()
    if ($Bound.ContainsKey('EvidencePath')) {
        $request.evidencePaths = @($Bound.EvidencePath | ForEach-Object { Resolve-FilePath -Cmdlet $Cmdlet -Path $_ })
    }
    else {
        $split = Split-Evidence -Evidence $Evidence
        $request.evidencePaths = @($split.Paths)
        if ($split.Records.Count) {
            $request.expects = @('records')
            $offer = @(ConvertTo-Offer -Record $split.Records)
        }
    }
    if ($Bound.ContainsKey('AsOf')) {
        $request.asOfUnixMs = ([DateTimeOffset]$Bound.AsOf.ToUniversalTime()).ToUnixTimeMilliseconds()
    }
    @{ Request = $request; Offer = $offer }
}

# Records come out of an item as objects of their own.
function Expand-Item {
    param([object] $Item)
    if (-not $Item.PSObject.Properties['kind']) { return $Item }
    switch ($Item.kind) {
        'evidence' {
            $Item.record.PSObject.TypeNames.Insert(0, 'PasswordWriteback.EvidenceRecord')
            return $Item.record
        }
        'plan' {
            $plan = [pscustomobject]@{ kind = $Item.touched.kind; target = $Item.touched.target; checks = @($Item.checks) }
            $plan.PSObject.TypeNames.Insert(0, 'PasswordWriteback.PlanItem')
            return $plan
        }
        'manifest' { return New-Bundle -Path $Item.path -Manifest $Item.manifest }
    }
}

function New-Bundle {
    param([string] $Path, [object] $Manifest)
    $count = 0
    foreach ($entry in $Manifest.entries) { if ($entry.name -like 'records/*') { $count += $entry.count } }
    $bundle = [pscustomobject]@{ path = $Path; host = $Manifest.run.host; recordCount = $count; redacted = $Manifest.redacted; manifest = $Manifest }
    $bundle.PSObject.TypeNames.Insert(0, 'PasswordWriteback.EvidenceBundle')
    $bundle
}

# One Boolean for scripts. The whole report: working, or at risk with the proof that it works. Parts of it:
# at least one Pass and no Fail that counts.
function Test-Quiet {
    param([object] $Report, [bool] $IsWhole)
    if ($IsWhole) {
        return $Report.verdict.state -eq 'working' -or ($Report.verdict.state -eq 'atRisk' -and $Report.verdict.proven)
    }
    $failed = @($Report.findings | Where-Object { $_.status -eq 'fail' -and -not $_.byDesign -and -not $_.suppressed })
    $passed = @($Report.findings | Where-Object { $_.status -eq 'pass' })
    $passed.Count -gt 0 -and $failed.Count -eq 0
}

# What -FailOn objects to, in words; empty when nothing.
function Get-FailOnReason {
    param([object] $Report, [string] $FailOn)
    if ($FailOn -eq 'NotProven') {
        if ($Report.verdict.state -eq 'notProven') { return 'nothing proves that password writeback works' }
        return
    }
    $least = $script:Weight[$FailOn.ToLowerInvariant()]
    $open = @($Report.findings | Where-Object {
            $_.status -in 'warn', 'fail' -and -not $_.byDesign -and -not $_.suppressed -and $script:Weight[$_.countsAs] -ge $least
        })
    if ($open.Count) { "$($open.Count) finding(s) count as $FailOn or worse: " + (@($open | ForEach-Object { $_.id } | Select-Object -Unique) -join ', ') }
}

# Runs a Test- cmdlet. IsWhole: emits one report; else findings as they come.
function Invoke-Diagnostic {
    param(
        [Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Cmdlet,
        [Parameter(Mandatory)] [Collections.IDictionary] $Bound,
        [Parameter(Mandatory)] [string] $Export,
        [object[]] $Evidence = @(),
        [switch] $IsWhole
    )
    $handle = New-Object 'Collections.Generic.List[uint64]'
    $result = @{}
    $quiet = $Bound.ContainsKey('Quiet') -and $Bound.Quiet
    try {
        if ($Bound.ContainsKey('EvidencePath') -or $Evidence.Count) {
            $analysis = New-AnalysisRequest -Cmdlet $Cmdlet -Bound $Bound -Export $Export -Evidence $Evidence
            $call = @{ Export = 'pwb_analyze'; Request = $analysis.Request; Offer = $analysis.Offer }
        }
        else {
            $call = @{ Export = $Export; Request = (New-LiveRequest -Cmdlet $Cmdlet -Bound $Bound -Handle $handle) }
        }
        Invoke-Job @call -Result $result | ForEach-Object {
            $isFinding = $_.PSObject.TypeNames -contains 'PasswordWriteback.Finding'
            if (-not $quiet -and -not ($IsWhole -and $isFinding)) { Expand-Item -Item $_ }
        }
    }
    catch [Management.Automation.RuntimeException] {
        $Cmdlet.ThrowTerminatingError($_)
    }
    finally {
        # A secret that a request took is gone already; dropping it again is harmless.
        foreach ($number in $handle) { Remove-Secret -Handle $number }
    }
    if (-not $result.ContainsKey('Report')) { return }
    if ($quiet) { Test-Quiet -Report $result.Report -IsWhole $IsWhole }
    elseif ($IsWhole) { $result.Report }
    if ($Bound.ContainsKey('FailOn')) {
        $reason = Get-FailOnReason -Report $result.Report -FailOn $Bound.FailOn
        if ($reason) {
            $exception = New-Object System.InvalidOperationException ("-FailOn $($Bound.FailOn): $reason.")
            $Cmdlet.ThrowTerminatingError((New-Object System.Management.Automation.ErrorRecord (
                        $exception, 'PasswordWriteback.FailOn', 'InvalidResult', $result.Report)))
        }
    }
}

# The root module sees the native calls through this one, so that there is one instance of them.
Export-ModuleMember -Function @(
    'Invoke-Diagnostic', 'New-LiveRequest', 'New-Bundle', 'Resolve-FilePath', 'Split-Evidence', 'ConvertTo-Offer',
    'New-ErrorRecord', 'Get-Description', 'Remove-Secret', 'Get-LastReport', 'Invoke-Job'
)
