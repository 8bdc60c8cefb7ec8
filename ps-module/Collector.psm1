# What only PowerShell can read is collected while a run goes on, in a runspace of its own: it may take longer
# than the whole run, which must neither wait for it nor fail with it.

Set-StrictMode -Version 2.0

# Starts a collector: a shell that emits one record as JSON.
function Start-Collector {
    param([Parameter(Mandatory)] [powershell] $Shell, [Parameter(Mandatory)] [string] $Kind)
    @{ Kind = $Kind; Shell = $Shell; Handle = $Shell.BeginInvoke() }
}

# The offer of a collector that has ended: its record, or without one only the end, for which the run waits.
function Receive-Collector {
    param([Management.Automation.PSCmdlet] $Cmdlet, [hashtable] $Collector)
    $record = @()
    try { $record = @($Collector.Shell.EndInvoke($Collector.Handle)) }
    catch { $Cmdlet.WriteVerbose("$($Collector.Kind) could not be read: $($_.Exception.GetBaseException().Message)") }
    '{{"records":[{0}],"end":["{1}"]}}' -f ($record -join ','), $Collector.Kind
}

# A cmdlet that does not stop is left behind: Ctrl+C must not wait for it.
function Stop-Collector {
    param([hashtable] $Collector)
    if ($Collector.Shell.BeginStop($null, $null).AsyncWaitHandle.WaitOne(1000)) { $Collector.Shell.Dispose() }
}

Export-ModuleMember -Function Start-Collector, Receive-Collector, Stop-Collector
