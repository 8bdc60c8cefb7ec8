# Runs a diagnostic for a cmdlet: from its items to output, -Quiet and -FailOn. What a finding is worth
# (status, countsAs, verdict) comes from the library; here it is only counted.

Set-StrictMode -Version 2.0

# Not by the manifest: both rebuild the session's tables, which takes a good part of an import's time. They stay
# when the module goes, so that another import finds them.
if (-not (Get-TypeData -TypeName PasswordWriteback.Report)) {
    Update-TypeData -PrependPath (Join-Path $PSScriptRoot 'PasswordWriteback.Types.ps1xml')
    Update-FormatData -PrependPath (Join-Path $PSScriptRoot 'PasswordWriteback.Format.ps1xml')
}
Import-Module (Join-Path $PSScriptRoot 'Error.psm1')
Import-Module (Join-Path $PSScriptRoot 'Native.psm1')
Import-Module (Join-Path $PSScriptRoot 'Request.psm1')

$script:Severity = 'info', 'low', 'medium', 'high', 'critical'

# Runs a script in the compatibility session of PowerShell 7.
$script:InWindowsPowerShell = {
    param($path)
    $ErrorActionPreference = 'Stop'
    $desktop = @{ UseWindowsPowerShell = $true }
    $session = New-PSSession @desktop
    try { Invoke-Command -Session $session -FilePath $path }
    finally { Remove-PSSession -Session $session }
}

# What reads the sync server's configuration by the ADSync module in Windows PowerShell: here when this is
# Windows PowerShell, else in the compatibility session.
function New-AdSyncCollector {
    $path = Join-Path $PSScriptRoot 'AdSync.ps1'
    $shell = [powershell]::Create()
    $null = if ($PSVersionTable.PSEdition -ne 'Core') { $shell.AddCommand($path) }
    else { $shell.AddScript($script:InWindowsPowerShell).AddArgument($path) }
    @{ Kind = 'adsync-config'; Shell = $shell }
}

function Test-AdSyncService {
    [Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT -and
    $null -ne (Get-Service -Name ADSync -ErrorAction Ignore)
}

# An item as the pipeline gets it; nothing for what only the report shows.
function ConvertTo-Output {
    param([object] $Item)
    if ($Item.PSObject.TypeNames -contains 'PasswordWriteback.Finding') { return $Item }
    switch ($Item.kind) {
        'evidence' {
            $Item.record.PSObject.TypeNames.Insert(0, 'PasswordWriteback.EvidenceRecord')
            return $Item.record
        }
        'user' {
            foreach ($finding in $Item.findings) { $finding.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Finding') }
            $Item.PSObject.Properties.Remove('kind')
            $Item.PSObject.TypeNames.Insert(0, 'PasswordWriteback.User')
            return $Item
        }
        'coverage' {
            $Item.PSObject.Properties.Remove('kind')
            $Item.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Coverage')
            return $Item
        }
        'matrix' {
            $Item.PSObject.Properties.Remove('kind')
            $Item.PSObject.TypeNames.Insert(0, 'PasswordWriteback.ControllerPort')
            return $Item
        }
        'run' {
            $Item.run.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Run')
            return $Item.run
        }
        'plan' {
            return [pscustomobject]@{
                PSTypeName = 'PasswordWriteback.PlanItem'
                kind       = $Item.touched.kind
                target     = $Item.touched.target
                checks     = [string[]]@($Item.checks)
            }
        }
        'manifest' {
            $count = 0
            foreach ($entry in $Item.manifest.entries) { if ($entry.name -like 'records/*') { $count += $entry.count } }
            return [pscustomobject]@{
                PSTypeName  = 'PasswordWriteback.EvidenceBundle'
                path        = $Item.path
                host        = $Item.manifest.run.host
                recordCount = $count
                redacted    = $Item.manifest.redacted
                manifest    = $Item.manifest
            }
        }
    }
}

# Findings that neither a suppression nor a design takes out of the count.
function Select-Counted {
    param([object] $Report, [string[]] $Status)
    $Report.findings | Where-Object { $Status -contains $_.status -and -not $_.byDesign -and -not $_.suppressed }
}

# One Boolean for scripts. The whole report: working, or at risk with the proof that it works. Parts of it:
# at least one Pass and no Fail that counts.
function Test-Proven {
    param([object] $Report, [bool] $IsWhole)
    if ($IsWhole) {
        return $Report.verdict.state -eq 'working' -or ($Report.verdict.state -eq 'atRisk' -and $Report.verdict.proven)
    }
    # Select-Object would put a type of its own on top of the finding's.
    @($Report.findings | Where-Object { $_.status -eq 'pass' }).Count -gt 0 -and
    @(Select-Counted -Report $Report -Status fail).Count -eq 0
}

# The same per user, and per domain of a scan.
function Test-UserProven {
    param([string] $Kind, [object] $Result)
    if ($Kind -eq 'coverage') { $Result.status -eq 'pass' } else { $Result.canReset -eq 'yes' }
}

# What -FailOn NotProven objects to, in words: the same as -Quiet, so users are counted by their answers.
function Get-Doubt {
    param([object] $Report, [bool] $IsWhole, [bool] $OfUser, [hashtable] $Answer)
    if ($OfUser) {
        if (-not $Answer.All) { 'there is no answer for any user' }
        elseif ($Answer.Proven -lt $Answer.All) { "$($Answer.All - $Answer.Proven) of $($Answer.All) answers are not yes" }
    }
    elseif (-not (Test-Proven -Report $Report -IsWhole $IsWhole)) { "the verdict is '$($Report.verdict.state)'" }
}

# What -FailOn with a severity objects to, in words; nothing when it does not.
function Get-Objection {
    param([object] $Report, [string] $FailOn)
    $least = [array]::IndexOf($script:Severity, $FailOn.ToLowerInvariant())
    $ids = @(Select-Counted -Report $Report -Status fail, warn |
            Where-Object { [array]::IndexOf($script:Severity, $_.countsAs) -ge $least } | ForEach-Object { $_.id })
    if ($ids.Count) { "$($ids.Count) finding(s) of $($FailOn.ToLowerInvariant()) or more: $(($ids | Select-Object -Unique) -join ', ')" }
}

# Recorded evidence, given as objects, is missing although the pipeline was to bring it: a live run is not
# what was asked for.
function Assert-Evidence {
    param([Management.Automation.PSCmdlet] $Cmdlet, [object[]] $Evidence)
    $byPipeline = $Cmdlet.MyInvocation.ExpectingInput -and $Cmdlet.MyInvocation.MyCommand.Name -ne 'Test-PasswordWritebackUser'
    if ($Cmdlet.ParameterSetName -eq 'Evidence' -or $byPipeline) {
        if (-not $Evidence.Count) { Stop-Cmdlet -Cmdlet $Cmdlet -Kind invalidRequest -Message 'The pipeline brought no evidence.' }
    }
}

# Runs a Test- cmdlet. IsWhole: emits one report; OfUser: users and coverage; with -Matrix controllers; else
# findings as they come.
function Invoke-Diagnostic {
    param(
        [Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Cmdlet,
        [Parameter(Mandatory)] [Collections.IDictionary] $Bound,
        [Parameter(Mandatory)] [string] $Export,
        [object[]] $Evidence = @(),
        # The diagnostic looks at domains, which the sync server's configuration names.
        [switch] $UsesAdSync,
        [switch] $IsWhole,
        [switch] $OfUser
    )
    Assert-Evidence -Cmdlet $Cmdlet -Evidence $Evidence
    $handle = New-Object 'Collections.Generic.List[uint64]'
    $quiet = $Bound.ContainsKey('Quiet') -and $Bound.Quiet
    $matrix = $Bound.ContainsKey('Matrix') -and $Bound.Matrix
    $result = @{}
    $missing = New-Object 'Collections.Generic.List[object]'
    $answer = @{ All = 0; Proven = 0 }
    try {
        $call = @{ Cmdlet = $Cmdlet; Result = $result }
        if ($Cmdlet.ParameterSetName -in 'Live', 'Scan') {
            $call.Export = $Export
            $call.Request = New-LiveRequest -Cmdlet $Cmdlet -Bound $Bound -Handle $handle
            if ($UsesAdSync -and -not $call.Request.output['planOnly'] -and (Test-AdSyncService)) {
                $call.Collect = New-AdSyncCollector
                $call.Request.expects = @($call.Collect.Kind)
            }
        }
        else {
            $analysis = New-AnalysisRequest -Cmdlet $Cmdlet -Bound $Bound -Export $Export -Evidence $Evidence
            $call.Export = 'pwb_analyze'
            $call.Request = $analysis.Request
            if ($analysis.Record.Count) { $call.Offer = { ConvertTo-Offer -Record $analysis.Record } }
        }
        Invoke-Job @call | ForEach-Object {
            if ($_.PSObject.TypeNames -contains 'PasswordWriteback.Finding') {
                if (-not ($quiet -or $IsWhole -or $OfUser -or $matrix)) { $_ }
                return
            }
            $kind = $_.kind
            $output = ConvertTo-Output -Item $_
            if ($kind -eq 'user') {
                foreach ($search in $output.findings | Where-Object { $_.id -eq 'PW901' -and $_.status -eq 'fail' }) { $missing.Add($search) }
            }
            if ($kind -in 'user', 'coverage') {
                $isProven = Test-UserProven -Kind $kind -Result $output
                $answer.All++
                $answer.Proven += [int]$isProven
                if ($quiet) { $isProven } else { $output }
            }
            elseif ($quiet -and $kind -eq 'matrix') { return }
            elseif ($null -ne $output) { $output }
        }
    }
    finally { Remove-Secret -Handle $handle.ToArray() }
    # After all results, so that -ErrorAction Stop loses none of them.
    foreach ($search in $missing) { Write-CmdletError -Cmdlet $Cmdlet -Kind notFound -Target $search.target.display -Message $search.message }
    if (-not $result.ContainsKey('Report')) { return }
    if ($quiet -and -not $OfUser) { Test-Proven -Report $result.Report -IsWhole $IsWhole }
    elseif ($IsWhole -and -not $quiet) { $result.Report }
    if ($Bound.ContainsKey('FailOn')) {
        $objection = if ($Bound.FailOn -eq 'NotProven') { Get-Doubt -Report $result.Report -IsWhole $IsWhole -OfUser $OfUser -Answer $answer }
        else { Get-Objection -Report $result.Report -FailOn $Bound.FailOn }
        if ($objection) { Stop-Cmdlet -Cmdlet $Cmdlet -Kind failOn -Target $result.Report -Message "-FailOn $($Bound.FailOn): $objection." }
    }
}

# Writes or reads a bundle and emits its handle; a live export also streams findings, which nobody asked for.
function Invoke-Bundle {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Export, [hashtable] $Request, [scriptblock] $Offer, [hashtable] $Collect)
    Invoke-Job -Cmdlet $Cmdlet -Export $Export -Request $Request -Offer $Offer -Collect $Collect | ForEach-Object {
        if ($_.PSObject.TypeNames -notcontains 'PasswordWriteback.Finding') { ConvertTo-Output -Item $_ }
    }
}

function Export-Evidence {
    param([Management.Automation.PSCmdlet] $Cmdlet, [Collections.IDictionary] $Bound, [object[]] $Evidence)
    Assert-Evidence -Cmdlet $Cmdlet -Evidence $Evidence
    $handle = New-Object 'Collections.Generic.List[uint64]'
    try {
        $export = New-ExportRequest -Cmdlet $Cmdlet -Bound $Bound -Evidence $Evidence -Handle $handle
        $offer = $collect = $null
        if ($export.Record.Count) { $offer = { ConvertTo-Offer -Record $export.Record } }
        elseif ($export.Request.ContainsKey('live') -and (Test-AdSyncService)) {
            $collect = New-AdSyncCollector
            $export.Request.live.expects = @($collect.Kind)
        }
        Invoke-Bundle -Cmdlet $Cmdlet -Export pwb_export_evidence -Request $export.Request -Offer $offer -Collect $collect
    }
    finally { Remove-Secret -Handle $handle.ToArray() }
}

# The report in a JSON file.
function Read-Report {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Path)
    $text = Read-TextFile -Cmdlet $Cmdlet -Path $Path -What 'report'
    $report = $null
    try { $report = ConvertFrom-Json -InputObject $text }
    catch { $Cmdlet.WriteDebug($_.Exception.Message) }
    if ($null -eq $report -or -not $report.PSObject.Properties['verdict'] -or -not $report.PSObject.Properties['findings']) {
        Stop-Cmdlet -Cmdlet $Cmdlet -Kind invalidRequest -Target $Path -Message "'$Path' holds no report; 'Test-PasswordWriteback | ConvertTo-Json -Depth 12' writes one."
    }
    foreach ($finding in $report.findings) { $finding.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Finding') }
    $report.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Report')
    $report
}

Export-ModuleMember -Function Invoke-Diagnostic, Export-Evidence, Invoke-Bundle, Read-Report, Get-Description, Get-LastReport, Resolve-FilePath, ConvertTo-Identity
