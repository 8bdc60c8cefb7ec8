# Calls into the native library: find it, start a job, poll it, turn its JSON into objects.
#
# The library is loaded at first use, never at import: an import must not fail because of it, and Azure
# Automation refuses modules that do. Messages, progress and errors go through the cmdlet of the caller
# ($Cmdlet), because -Verbose and -ErrorAction of a call are not seen in another module.

Set-StrictMode -Version 2.0

Import-Module (Join-Path $PSScriptRoot 'Error.psm1')
Import-Module (Join-Path $PSScriptRoot 'Collector.psm1')

$script:Library = $script:LastReport = $null

function Get-LibraryPath {
    $runtime = [Runtime.InteropServices.RuntimeInformation]
    $architecture = ([string]$runtime::ProcessArchitecture).ToLowerInvariant()
    if ([Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT) { $rid = "win-$architecture"; $file = 'password_writeback.dll' }
    elseif ($runtime::IsOSPlatform([Runtime.InteropServices.OSPlatform]::OSX)) { $rid = "osx-$architecture"; $file = 'libpassword_writeback.dylib' }
    else { $rid = "linux-$architecture"; $file = 'libpassword_writeback.so' }
    [IO.Path]::Combine($PSScriptRoot, 'bin', $rid, $file)
}

# The reason of a failed load, in words that say what to do. 1260 and 577 are refusals of a policy.
function Get-LoadFailure {
    param([Exception] $Exception)
    while ($Exception.InnerException) { $Exception = $Exception.InnerException }
    if ($Exception.Message -notmatch '^Windows error (\d+)$') { return $Exception.Message }
    $code = [int]$Matches[1]
    $text = (New-Object System.ComponentModel.Win32Exception $code).Message
    switch ($code) {
        { $_ -in 1260, 577 } { $text += ' Application control (AppLocker, WDAC) does not allow this file.' }
        126 { $text += ' A file that it needs is missing; install the module again.' }
    }
    "Windows error ${code}: $text"
}

# The loaded library; loads it at the first call. Every failure is one sentence with the next step.
function Get-Library {
    param([Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Cmdlet)
    if ($script:Library) { return $script:Library }
    # Unwrapped: a constructor that is looked up by type must see a plain string.
    $path = [string](Get-LibraryPath)
    if (-not (Test-Path -LiteralPath $path -PathType Leaf)) {
        Stop-Cmdlet -Cmdlet $Cmdlet -Kind libraryMissing -Target $path -Message (
            "This module has no library for this process ('$path' is missing). Use a 64-bit PowerShell on a supported system, or install the module again.")
    }
    try {
        # LoadFile: another version of the module may have loaded its own assembly of this name.
        $assembly = [Reflection.Assembly]::LoadFile((Join-Path $PSScriptRoot 'Native.dll'))
        $library = [Activator]::CreateInstance($assembly.GetType('PasswordWriteback.NativeLibrary'), [object[]]@($path))
    }
    catch {
        Stop-Cmdlet -Cmdlet $Cmdlet -Kind libraryNotLoaded -Target $path -Message (
            "The library '$path' cannot be loaded: $(Get-LoadFailure $_.Exception)")
    }
    # The pair that this module was written for: an equal major and at least this minor are accepted.
    $abi = (Import-PowerShellDataFile -LiteralPath (Join-Path $PSScriptRoot 'PasswordWriteback.psd1')).PrivateData.Abi
    $major = $library.AbiVersion -shr 16
    $minor = $library.AbiVersion -band 0xffff
    if ($major -ne $abi.Major -or $minor -lt $abi.Minor) {
        Stop-Cmdlet -Cmdlet $Cmdlet -Kind libraryMismatch -Target $path -Message (
            "The library speaks interface $major.$minor, this module needs $($abi.Major).$($abi.Minor): files of two versions are mixed. Install the module again.")
    }
    $script:Library = $library
    $library
}

# What this build can do: diagnostics, checks, tables.
function Get-Description {
    param([Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Cmdlet)
    $answer = (Get-Library -Cmdlet $Cmdlet).Describe()
    Assert-Answer -Cmdlet $Cmdlet -Answer $answer
    ConvertFrom-Json -InputObject $answer.Text
}

# Hands a secret over and returns its handle; the request that names it takes it.
function Add-Secret {
    param([Management.Automation.PSCmdlet] $Cmdlet, [securestring] $Secret)
    $answer = (Get-Library -Cmdlet $Cmdlet).PutSecret($Secret)
    Assert-Answer -Cmdlet $Cmdlet -Answer $answer
    $answer.Number
}

# A secret that a request took is gone already; dropping it again is harmless.
function Remove-Secret {
    param([uint64[]] $Handle)
    if ($script:Library) { foreach ($number in $Handle) { $script:Library.DropSecret($number) } }
}

function Get-LastReport { $script:LastReport }

# A report with its findings, as the session keeps and the cmdlets return it. Findings are sorted by id,
# then target, in ordinal order, at most a thousand of each check: so equal evidence gives equal text.
function Complete-Report {
    param([object] $Report, [Collections.Generic.List[object]] $Finding)
    [string[]] $keys = @(foreach ($one in $Finding) { $one.id + $one.target.key })
    [object[]] $sorted = $Finding.ToArray()
    [Array]::Sort($keys, $sorted, [StringComparer]::Ordinal)
    $count = @{}
    $kept = New-Object 'Collections.Generic.List[object]'
    foreach ($one in $sorted) {
        $count[$one.id] = 1 + [int]$count[$one.id]
        if ($count[$one.id] -le 1000) { $kept.Add($one) }
    }
    $Report.findings = $kept.ToArray()
    $Report.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Report')
    $script:LastReport = $Report
    $Report
}

function Write-JobMessage {
    param([Management.Automation.PSCmdlet] $Cmdlet, [object] $Message)
    switch ($Message.level) {
        'warning' { $Cmdlet.WriteWarning($Message.text) }
        'debug' { $Cmdlet.WriteDebug($Message.text) }
        default { $Cmdlet.WriteVerbose($Message.text) }
    }
}

function Write-JobProgress {
    param([Management.Automation.PSCmdlet] $Cmdlet, [object] $Progress)
    $activity = 'Examining password writeback'
    $status = 'Starting'
    if ($Progress.activity) { $activity = $Progress.activity }
    $record = New-Object System.Management.Automation.ProgressRecord (0, $activity, $status)
    if ($Progress.total) {
        $of = if ($Progress.totalIsEstimated) { 'of about' } else { 'of' }
        $record.StatusDescription = "$($Progress.done) $of $($Progress.total)"
        $record.PercentComplete = [Math]::Min(99, [int][Math]::Floor(100 * $Progress.done / $Progress.total))
    }
    elseif ($Progress.done) {
        # A scan does not know how many there are.
        $record.StatusDescription = "$($Progress.done) so far"
        $record.PercentComplete = -1
    }
    if ($Progress.ratePerSecond) { $record.StatusDescription += ", $($Progress.ratePerSecond) a second" }
    if ($Progress.message) { $record.CurrentOperation = $Progress.message }
    if ($Progress.remainingMs) { $record.SecondsRemaining = [int]($Progress.remainingMs / 1000) }
    $Cmdlet.WriteProgress($record)
    $activity
}

# Runs a diagnostic. Items come out as they arrive, findings with their type; messages and progress go to
# their streams. The report, when there is one, is kept for the session and put into $Result.
#
# Ctrl+C (or a consumer that has enough) ends the pipeline between two polls or at an item; `finally` runs
# all the same, ends the native work and collects what was finished.
function Invoke-Job {
    param(
        [Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Cmdlet,
        [Parameter(Mandatory)] [string] $Export,
        [Parameter(Mandatory)] [hashtable] $Request,
        # Emits JSON texts that are handed to the job once it runs.
        [scriptblock] $Offer,
        # What takes too long for that: the Shell that collects a record while the job runs, and its Kind.
        [hashtable] $Collect,
        [hashtable] $Result = @{}
    )
    $library = Get-Library -Cmdlet $Cmdlet
    $finding = New-Object 'Collections.Generic.List[object]'
    $sinceProgress = [Diagnostics.Stopwatch]::StartNew()
    $job = $activity = $collector = $null
    $ended = $false
    try {
        $answer = $library.Start($Export, (ConvertTo-Json -InputObject $Request -Depth 20 -Compress))
        Assert-Answer -Cmdlet $Cmdlet -Answer $answer
        $job = $answer.Number
        if ($Offer) { & $Offer | ForEach-Object { Send-Offer -Cmdlet $Cmdlet -Library $library -Job $job -Text $_ } }
        if ($Collect) { $collector = Start-Collector @Collect }
        $isCollecting = $null -ne $collector
        while (-not $ended) {
            if ($isCollecting -and $collector.Handle.IsCompleted) {
                $isCollecting = $false
                Send-Offer -Cmdlet $Cmdlet -Library $library -Job $job -Text (Receive-Collector -Cmdlet $Cmdlet -Collector $collector)
            }
            $answer = $library.Poll($job, 50) # Ctrl+C has to wait for the end of a poll.
            Assert-Answer -Cmdlet $Cmdlet -Answer $answer
            $snapshot = ConvertFrom-Json -InputObject $answer.Text
            Add-Finding -Snapshot $snapshot -Finding $finding
            $ended = Test-Ended -Snapshot $snapshot
            # Before the items: a consumer downstream may end the pipeline at any of them.
            if ($ended -and $snapshot.PSObject.Properties['report']) {
                $Result.Report = Complete-Report -Report $snapshot.report -Finding $finding
            }
            if (-not $ended -and $sinceProgress.ElapsedMilliseconds -ge 250) {
                $sinceProgress.Restart()
                $activity = Write-JobProgress -Cmdlet $Cmdlet -Progress $snapshot.progress
            }
            foreach ($item in $snapshot.items) {
                if ($item.PSObject.Properties['kind'] -and $item.kind -eq 'message') { Write-JobMessage -Cmdlet $Cmdlet -Message $item }
                else { $item }
            }
            if ($snapshot.PSObject.Properties['error']) { Stop-Refused -Cmdlet $Cmdlet -Refusal $snapshot.error }
        }
        if ($isCollecting) { $Cmdlet.WriteVerbose("The run ended before $($collector.Kind) was read.") }
        if ($activity) {
            $record = New-Object System.Management.Automation.ProgressRecord (0, $activity, 'Done')
            $record.RecordType = 'Completed'
            $Cmdlet.WriteProgress($record)
        }
    }
    finally {
        if ($null -ne $job) {
            try {
                # Cancelled here: a function that runs for the first time is compiled before it does anything.
                if (-not $ended) {
                    $null = $library.Cancel($job)
                    Save-Remainder -Library $library -Job $job -Finding $finding
                }
            }
            # Whatever happened: of jobs that stay open there is room for 64.
            finally {
                $library.Close($job)
                if ($collector) { Stop-Collector -Collector $collector }
            }
        }
    }
}

# Hands records to a job. One that has ended takes no more (PWB_STATUS_NOT_EXPECTED, 203): what comes too late
# must not cost the findings.
function Send-Offer {
    param([Management.Automation.PSCmdlet] $Cmdlet, [object] $Library, [uint64] $Job, [string] $Text)
    $answer = $Library.Offer($Job, $Text)
    if ($answer.Status -eq 203) { $Cmdlet.WriteVerbose("Records came too late. $((ConvertFrom-Json -InputObject $answer.Text).message)") }
    else { Assert-Answer -Cmdlet $Cmdlet -Answer $answer }
}

# Takes the findings of a snapshot and gives them their type.
function Add-Finding {
    param([object] $Snapshot, [Collections.Generic.List[object]] $Finding)
    foreach ($item in $Snapshot.items) {
        if ($item.kind -ne 'finding') { continue }
        $item.PSObject.Properties.Remove('kind')
        $item.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Finding')
        $Finding.Add($item)
    }
}

function Test-Ended { param([object] $Snapshot) $Snapshot.state -ne 'running' -and -not $Snapshot.more }

# Keeps what a cancelled job had finished; a second is plenty, because such a job ends at once.
function Save-Remainder {
    param([object] $Library, [uint64] $Job, [Collections.Generic.List[object]] $Finding)
    $patience = [Diagnostics.Stopwatch]::StartNew()
    while ($patience.ElapsedMilliseconds -lt 1000) {
        $answer = $Library.Poll($Job, 20)
        if ($answer.Status -ne 0) { return }
        $snapshot = ConvertFrom-Json -InputObject $answer.Text
        Add-Finding -Snapshot $snapshot -Finding $Finding
        if (-not (Test-Ended -Snapshot $snapshot)) { continue }
        if ($snapshot.PSObject.Properties['report']) { $null = Complete-Report -Report $snapshot.report -Finding $Finding }
        return
    }
}

Export-ModuleMember -Function Get-Description, Add-Secret, Remove-Secret, Get-LastReport, Invoke-Job
