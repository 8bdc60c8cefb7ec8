# Calls into the native library: find it, start a job, poll it, turn its JSON into objects and errors.
#
# The library is loaded at first use, never at import: an import must not fail because of it, and Azure
# Automation refuses modules that do.

Set-StrictMode -Version 2.0

# The pair that this module was written for; an equal major and at least this minor are accepted.
$script:Abi = @{ Major = 1; Minor = 0 }
$script:Library = $null
$script:LastReport = $null

# Kinds of error of the library, as PowerShell says them. The id of a record is 'PasswordWriteback.<Kind>'.
$script:Category = @{
    invalidRequest = 'InvalidArgument'
    tooLarge       = 'LimitsExceeded'
    notFound       = 'ObjectNotFound'
    unknownJob     = 'InvalidOperation'
    busy           = 'ResourceBusy'
    accessDenied   = 'PermissionDenied'
    io             = 'ReadError'
    internal       = 'NotSpecified'
}

function New-ErrorRecord {
    param(
        [Parameter(Mandatory)] [string] $Kind,
        [Parameter(Mandatory)] [string] $Message,
        [object] $Target
    )
    $category = 'NotSpecified'
    if ($script:Category.ContainsKey($Kind)) { $category = $script:Category[$Kind] }
    $id = 'PasswordWriteback.' + $Kind.Substring(0, 1).ToUpperInvariant() + $Kind.Substring(1)
    New-Object System.Management.Automation.ErrorRecord (
        (New-Object System.InvalidOperationException $Message), $id, $category, $Target)
}

# The error JSON of a refused call as an error record.
function ConvertTo-ErrorRecord {
    param([string] $Json, [object] $Target)
    $refusal = $null
    if ($Json) { $refusal = ConvertFrom-Json -InputObject $Json }
    if ($null -eq $refusal) {
        return New-ErrorRecord -Kind 'internal' -Message 'The library refused the call without a reason.' -Target $Target
    }
    $message = $refusal.message
    if ($refusal.kind -eq 'internal' -and $refusal.detail) { $message += ' Detail: ' + $refusal.detail }
    New-ErrorRecord -Kind $refusal.kind -Message $message -Target $Target
}

function Get-LibraryPath {
    $onWindows = [Environment]::OSVersion.Platform -eq [PlatformID]::Win32NT
    $onMac = [Runtime.InteropServices.RuntimeInformation]::IsOSPlatform([Runtime.InteropServices.OSPlatform]::OSX)
    $architecture = ([string][Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture).ToLowerInvariant()
    if ($onWindows) { $system = 'win'; $file = 'password_writeback.dll' }
    elseif ($onMac) { $system = 'osx'; $file = 'libpassword_writeback.dylib' }
    else { $system = 'linux'; $file = 'libpassword_writeback.so' }
    Join-Path (Join-Path (Join-Path $PSScriptRoot 'bin') "$system-$architecture") $file
}

# The loaded library; loads it at the first call. Every failure is one sentence with the next step.
function Get-Library {
    if ($script:Library) { return $script:Library }
    $path = Get-LibraryPath
    if (-not (Test-Path -LiteralPath $path -PathType Leaf)) {
        throw (New-ErrorRecord -Kind 'notFound' -Target $path -Message (
                "This module has no library for this process ('$path' is missing). Use a 64-bit PowerShell on a supported system, or install the module again."))
    }
    try {
        $assembly = [Reflection.Assembly]::LoadFrom((Join-Path $PSScriptRoot 'Native.dll'))
        $library = [Activator]::CreateInstance($assembly.GetType('PasswordWriteback.NativeLibrary'), [object[]]@($path))
    }
    catch {
        $reason = $_.Exception
        while ($reason.InnerException) { $reason = $reason.InnerException }
        throw (New-ErrorRecord -Kind 'io' -Target $path -Message "The library '$path' cannot be loaded: $($reason.Message)")
    }
    $major = $library.AbiVersion -shr 16
    $minor = $library.AbiVersion -band 0xffff
    if ($major -ne $script:Abi.Major -or $minor -lt $script:Abi.Minor) {
        throw (New-ErrorRecord -Kind 'internal' -Target $path -Message (
                "The library speaks version $major.$minor, this module needs $($script:Abi.Major).$($script:Abi.Minor): files of two versions are mixed. Install the module again."))
    }
    $script:Library = $library
    $library
}

# What this build can do: diagnostics, checks, tables.
function Get-Description {
    $answer = (Get-Library).Describe()
    if ($answer.Status -ne 0) { throw (ConvertTo-ErrorRecord -Json $answer.Text) }
    ConvertFrom-Json -InputObject $answer.Text
}

# Hands a secret over and returns its handle; the request that names it takes it.
function Add-Secret {
    param([Parameter(Mandatory)] [securestring] $Secret)
    $answer = (Get-Library).PutSecret($Secret)
    if ($answer.Status -ne 0) { throw (ConvertTo-ErrorRecord -Json $answer.Text) }
    $answer.Number
}

function Remove-Secret {
    param([uint64] $Handle)
    (Get-Library).DropSecret($Handle)
}

function Get-LastReport { $script:LastReport }

# A report with its findings, as the session keeps and the cmdlets return it. Findings are sorted by id,
# then target, in ordinal order, at most a thousand of each check: so the same evidence gives the same text.
function Complete-Report {
    param([object] $Report, [Collections.Generic.List[object]] $Finding)
    [string[]] $keys = @($Finding | ForEach-Object { $_.id + $_.target.key })
    [object[]] $sorted = $Finding.ToArray()
    [Array]::Sort($keys, $sorted, [StringComparer]::Ordinal)
    $count = @{}
    $Report.findings = @($sorted | Where-Object {
            $count[$_.id] = 1 + [int]$count[$_.id]
            $count[$_.id] -le 1000
        })
    $Report.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Report')
    $Report
}

function Write-JobMessage {
    param([object] $Message)
    switch ($Message.level) {
        'warning' { Write-Warning $Message.text }
        'debug' { Write-Debug $Message.text }
        default { Write-Verbose $Message.text }
    }
}

# Runs a diagnostic. Items come out as they arrive; the report, when there is one, is kept for the session.
# Offer: JSON texts that are handed to the job once it runs.
#
# Ctrl+C stops the pipeline between two polls; `finally` runs all the same, ends the native work and
# collects what was finished.
function Invoke-Job {
    param(
        [Parameter(Mandatory)] [string] $Export,
        [Parameter(Mandatory)] [hashtable] $Request,
        [string[]] $Offer = @(),
        # Gets 'Report' when the job gave one.
        [hashtable] $Result = @{}
    )
    $library = Get-Library
    $answer = $library.Start($Export, (ConvertTo-Json -InputObject $Request -Depth 20 -Compress))
    if ($answer.Status -ne 0) { throw (ConvertTo-ErrorRecord -Json $answer.Text -Target $Request) }
    $job = $answer.Number
    $finding = New-Object 'Collections.Generic.List[object]'
    $ended = $false
    $shown = [Diagnostics.Stopwatch]::StartNew()
    $showProgress = $false
    try {
        foreach ($json in $Offer) {
            $answer = $library.Offer($job, $json)
            if ($answer.Status -ne 0) { throw (ConvertTo-ErrorRecord -Json $answer.Text) }
        }
        while (-not $ended) {
            $answer = $library.Poll($job, 100)
            if ($answer.Status -ne 0) { throw (ConvertTo-ErrorRecord -Json $answer.Text) }
            $snapshot = ConvertFrom-Json -InputObject $answer.Text
            if ($shown.ElapsedMilliseconds -ge 250 -and $snapshot.state -eq 'running') {
                $shown.Restart()
                $showProgress = $true
                $percent = [Math]::Min(99, [int](100 * $snapshot.progress.done / [Math]::Max(1, $snapshot.progress.total)))
                Write-Progress -Activity $snapshot.progress.activity -Status "$($snapshot.progress.done) of $($snapshot.progress.total) looks done" -CurrentOperation $snapshot.progress.message -PercentComplete $percent
            }
            $ended = $snapshot.state -ne 'running' -and -not $snapshot.more
            if ($ended -and $snapshot.PSObject.Properties['report']) { $Result.Report = $snapshot.report }
            # A cmdlet downstream may stop the pipeline inside this loop, so the report is completed first.
            foreach ($item in $snapshot.items) {
                if ($item.kind -eq 'finding') {
                    $item.PSObject.Properties.Remove('kind')
                    $item.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Finding')
                    $finding.Add($item)
                }
            }
            if ($ended -and $Result.ContainsKey('Report')) {
                $Result.Report = Complete-Report -Report $Result.Report -Finding $finding
                $script:LastReport = $Result.Report
            }
            foreach ($item in $snapshot.items) {
                if ($item.PSObject.Properties['kind'] -and $item.kind -eq 'message' -and $item.level -ne 'output') { Write-JobMessage $item }
                else { $item }
            }
            if ($ended -and $snapshot.PSObject.Properties['error']) {
                throw (New-ErrorRecord -Kind $snapshot.error.kind -Message $snapshot.error.message -Target $Request)
            }
        }
    }
    finally {
        if (-not $ended) {
            $null = $library.Cancel($job)
            # What was finished is delivered at once; the report says that it was cancelled.
            $patience = [Diagnostics.Stopwatch]::StartNew()
            while (-not $ended -and $patience.ElapsedMilliseconds -lt 150) {
                $answer = $library.Poll($job, 20)
                if ($answer.Status -ne 0) { break }
                $snapshot = ConvertFrom-Json -InputObject $answer.Text
                foreach ($item in $snapshot.items) { if ($item.kind -eq 'finding') { $finding.Add($item) } }
                $ended = $snapshot.state -ne 'running' -and -not $snapshot.more
                if ($ended -and $snapshot.PSObject.Properties['report']) {
                    $script:LastReport = Complete-Report -Report $snapshot.report -Finding $finding
                }
            }
        }
        $library.Close($job)
        if ($showProgress) { Write-Progress -Activity 'Examining password writeback' -Completed }
    }
}

Export-ModuleMember -Function New-ErrorRecord, Get-Description, Add-Secret, Remove-Secret, Get-LastReport, Invoke-Job
