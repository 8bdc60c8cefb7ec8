# Errors, from a reason to a record: its id, its category, and the parameter that a field of the request
# came from. They go through the cmdlet of the caller ($Cmdlet), which they are about.

Set-StrictMode -Version 2.0

Import-Module (Join-Path $PSScriptRoot 'Text.psm1')

# Kinds of error, as PowerShell says them. The id of a record is 'PasswordWriteback.<Kind>'.
$script:Category = @{
    invalidRequest   = 'InvalidArgument'
    tooLarge         = 'LimitsExceeded'
    notFound         = 'ObjectNotFound'
    unknownJob       = 'InvalidOperation'
    busy             = 'ResourceBusy'
    accessDenied     = 'PermissionDenied'
    io               = 'ReadError'
    internal         = 'NotSpecified'
    libraryMissing   = 'ResourceUnavailable'
    libraryNotLoaded = 'ResourceUnavailable'
    libraryMismatch  = 'ResourceUnavailable'
    failOn           = 'InvalidResult'
}

# The parameter that filled a field of the request, for errors.
$script:Parameter = @{
    'selection.checks'        = 'Check'
    'selection.skip'          = 'SkipCheck'
    'selection.suppressions'  = 'Suppression'
    'limits.probeTimeoutMs'   = 'TimeoutSecond'
    'limits.globalTimeoutMs'  = 'GlobalTimeoutSecond'
    'knowledgePath'           = 'KnowledgePath'
    'network.proxy'           = 'Proxy'
    'network.proxyUser'       = 'ProxyCredential'
    'network.proxySecret'     = 'ProxyCredential'
    'network.cloud'           = 'Cloud'
    'network.namespaces'      = 'Namespace'
    'network.allowList'       = 'AllowList'
    'directory.domains'       = 'Domain'
    'directory.servers'       = 'Server'
    'directory.connectorAccounts' = 'ConnectorAccount'
    'directory.identities'    = 'Identity'
    'directory.searchBase'    = 'SearchBase'
    'directory.ldapFilter'    = 'LdapFilter'
    'directory.sampleSize'    = 'SampleSize'
    'user.operation'          = 'Operation'
    'output.matrix'           = 'Matrix'
    'directory.user'          = 'Credential'
    'directory.secret'        = 'Credential'
    'evidencePaths'           = 'EvidencePath'
    'records'                 = 'Evidence'
    'asOfUnixMs'              = 'AsOf'
    'kinds'                   = 'Kind'
    'noRedact'                = 'NoRedact'
    'path'                    = 'Path'
}

function New-CmdletError {
    param([string] $Kind, [string] $Message, [object] $Target)
    $category = 'NotSpecified'
    if ($script:Category.ContainsKey($Kind)) { $category = $script:Category[$Kind] }
    $id = 'PasswordWriteback.' + $Kind.Substring(0, 1).ToUpperInvariant() + $Kind.Substring(1)
    $exception = New-Object System.InvalidOperationException $Message
    $record = New-Object System.Management.Automation.ErrorRecord ($exception, $id, $category, $Target)
    # Windows PowerShell prints this name, which may be one out of a directory; scripts get the target as it is.
    $record.CategoryInfo.TargetName = Protect-Text $record.CategoryInfo.TargetName
    $record
}

# Ends the caller with an error that terminates it.
function Stop-Cmdlet {
    param(
        [Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Cmdlet,
        [Parameter(Mandatory)] [string] $Kind,
        [Parameter(Mandatory)] [string] $Message,
        [object] $Target
    )
    $Cmdlet.ThrowTerminatingError((New-CmdletError -Kind $Kind -Message $Message -Target $Target))
}

# An error about one thing of many: the cmdlet goes on.
function Write-CmdletError {
    param(
        [Parameter(Mandatory)] [Management.Automation.PSCmdlet] $Cmdlet,
        [Parameter(Mandatory)] [string] $Kind,
        [Parameter(Mandatory)] [string] $Message,
        [object] $Target
    )
    $Cmdlet.WriteError((New-CmdletError -Kind $Kind -Message $Message -Target $Target))
}

# Ends the caller with an error of the library (contract: code, kind, message, detail, field, retryable).
function Stop-Refused {
    param([Management.Automation.PSCmdlet] $Cmdlet, [object] $Refusal, [object] $Target)
    $message = $Refusal.message
    if ($Refusal.field) {
        $field = $Refusal.field -replace '^live\.', ''
        $owner = @($script:Parameter.Keys | Where-Object { $field -eq $_ -or $field -like "$_.*" -or $field.StartsWith("$_[") })
        if ($owner.Count) { $message += " (parameter -$($script:Parameter[$owner[0]]))" }
    }
    if ($Refusal.kind -eq 'internal' -and $Refusal.detail) { $message += " Detail: $($Refusal.detail)" }
    Stop-Cmdlet -Cmdlet $Cmdlet -Kind $Refusal.kind -Message $message -Target $Target
}

function Assert-Answer {
    param([Management.Automation.PSCmdlet] $Cmdlet, [object] $Answer, [object] $Target)
    if ($Answer.Status -eq 0) { return }
    if (-not $Answer.Text) { Stop-Cmdlet -Cmdlet $Cmdlet -Kind internal -Message "A call was refused with status $($Answer.Status), without a reason." }
    Stop-Refused -Cmdlet $Cmdlet -Refusal (ConvertFrom-Json -InputObject $Answer.Text) -Target $Target
}

Export-ModuleMember -Function Stop-Cmdlet, Write-CmdletError, Stop-Refused, Assert-Answer
