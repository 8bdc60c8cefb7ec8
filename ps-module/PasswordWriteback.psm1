# The cmdlets. Each builds a request from its parameters and calls one function; what things mean is
# decided in the library.
#
# Credentials are bound by their type's name: a parameter of type PSCredential prompts when it gets a name.
# Parameters of the sets 'File' and 'Evidence' judge recorded evidence; those of 'Live' look at the world.

Set-StrictMode -Version 2.0

# The rest of the module is loaded at the first call of a cmdlet: an import costs little.
$script:Parts = "$PSScriptRoot/Diagnostic.psm1"
$script:View = "$PSScriptRoot/View.psm1"
$script:HasView = $false

# The views run outside of the module and come in through here, once for each cell.
function Import-View {
    if ($script:HasView) { return }
    Import-Module -Name $script:View -Verbose:$false
    $script:HasView = $true
}

# .ExternalHelp PasswordWriteback-help.xml
function Test-PasswordWriteback {
    [CmdletBinding(DefaultParameterSetName = 'Live')]
    [OutputType('PasswordWriteback.Report', 'PasswordWriteback.PlanItem', 'PasswordWriteback.EvidenceRecord', 'PasswordWriteback.Run', 'System.Boolean')]
    param(
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $Check,
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $SkipCheck,
        [ValidateNotNullOrEmpty()] [string] $Suppression,
        [ValidateNotNullOrEmpty()] [string] $KnowledgePath,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 300)] [int] $TimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 3600)] [int] $GlobalTimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [switch] $SyncServer,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Domain,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Server,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNull()] [PSTypeName('System.Management.Automation.PSCredential')] $Credential,
        [Parameter(ParameterSetName = 'Live')] [switch] $AllController,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $ConnectorAccount,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Identity,
        [Parameter(ParameterSetName = 'Live')] [ValidateSet('Reset', 'Change', 'Unlock', 'AdminReset')] [string] $Operation,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string] $Proxy,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNull()] [PSTypeName('System.Management.Automation.PSCredential')] $ProxyCredential,
        [Parameter(ParameterSetName = 'Live')] [ValidateSet('Public', 'UsGov', 'China')] [string] $Cloud,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Namespace,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $AllowList,
        [Parameter(ParameterSetName = 'Live')] [switch] $IncludeLegacyPort,
        [Parameter(ParameterSetName = 'Live')] [switch] $PlanOnly,
        [Parameter(ParameterSetName = 'File', Mandatory)]
        [SupportsWildcards()] [ValidateNotNullOrEmpty()] [string[]] $EvidencePath,
        [Parameter(ParameterSetName = 'Evidence', Mandatory, ValueFromPipeline)]
        [AllowEmptyCollection()] [object[]] $Evidence,
        [Parameter(ParameterSetName = 'File')] [Parameter(ParameterSetName = 'Evidence')] [datetime] $AsOf,
        [switch] $IncludeNotCollected,
        [switch] $PassThruEvidence,
        [switch] $Explain,
        [switch] $Quiet,
        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical', 'NotProven')] [string] $FailOn
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Evidence) { $gathered.Add($piece) } }
    end {
        Import-Module -Name $script:Parts -Verbose:$false
        Invoke-Diagnostic -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Evidence $gathered.ToArray() -Export pwb_test_all -UsesAdSync -IsWhole
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Test-PasswordWritebackConnectivity {
    [CmdletBinding(DefaultParameterSetName = 'Live')]
    [OutputType('PasswordWriteback.Finding', 'PasswordWriteback.PlanItem', 'PasswordWriteback.EvidenceRecord', 'PasswordWriteback.Run', 'System.Boolean')]
    param(
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $Check,
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $SkipCheck,
        [ValidateNotNullOrEmpty()] [string] $Suppression,
        [ValidateNotNullOrEmpty()] [string] $KnowledgePath,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 300)] [int] $TimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 3600)] [int] $GlobalTimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [switch] $SyncServer,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string] $Proxy,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNull()] [PSTypeName('System.Management.Automation.PSCredential')] $ProxyCredential,
        [Parameter(ParameterSetName = 'Live')] [ValidateSet('Public', 'UsGov', 'China')] [string] $Cloud,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Namespace,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $AllowList,
        [Parameter(ParameterSetName = 'Live')] [switch] $IncludeLegacyPort,
        [Parameter(ParameterSetName = 'Live')] [switch] $PlanOnly,
        [Parameter(ParameterSetName = 'File', Mandatory)]
        [SupportsWildcards()] [ValidateNotNullOrEmpty()] [string[]] $EvidencePath,
        [Parameter(ParameterSetName = 'Evidence', Mandatory, ValueFromPipeline)]
        [AllowEmptyCollection()] [object[]] $Evidence,
        [Parameter(ParameterSetName = 'File')] [Parameter(ParameterSetName = 'Evidence')] [datetime] $AsOf,
        [switch] $IncludeNotCollected,
        [switch] $PassThruEvidence,
        [switch] $Explain,
        [switch] $Quiet,
        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical', 'NotProven')] [string] $FailOn
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Evidence) { $gathered.Add($piece) } }
    end {
        Import-Module -Name $script:Parts -Verbose:$false
        Invoke-Diagnostic -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Evidence $gathered.ToArray() -Export pwb_test_connectivity
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Test-PasswordWritebackDirectory {
    [CmdletBinding(DefaultParameterSetName = 'Live')]
    [OutputType('PasswordWriteback.Finding', 'PasswordWriteback.ControllerPort', 'PasswordWriteback.PlanItem', 'PasswordWriteback.EvidenceRecord', 'PasswordWriteback.Run', 'System.Boolean')]
    param(
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $Check,
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $SkipCheck,
        [ValidateNotNullOrEmpty()] [string] $Suppression,
        [ValidateNotNullOrEmpty()] [string] $KnowledgePath,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 300)] [int] $TimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 3600)] [int] $GlobalTimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [switch] $SyncServer,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Domain,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Server,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNull()] [PSTypeName('System.Management.Automation.PSCredential')] $Credential,
        [Parameter(ParameterSetName = 'Live')] [switch] $AllController,
        [switch] $Matrix,
        [Parameter(ParameterSetName = 'Live')] [switch] $PlanOnly,
        [Parameter(ParameterSetName = 'File', Mandatory)]
        [SupportsWildcards()] [ValidateNotNullOrEmpty()] [string[]] $EvidencePath,
        [Parameter(ParameterSetName = 'Evidence', Mandatory, ValueFromPipeline)]
        [AllowEmptyCollection()] [object[]] $Evidence,
        [Parameter(ParameterSetName = 'File')] [Parameter(ParameterSetName = 'Evidence')] [datetime] $AsOf,
        [switch] $IncludeNotCollected,
        [switch] $PassThruEvidence,
        [switch] $Explain,
        [switch] $Quiet,
        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical', 'NotProven')] [string] $FailOn
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Evidence) { $gathered.Add($piece) } }
    end {
        Import-Module -Name $script:Parts -Verbose:$false
        Invoke-Diagnostic -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Evidence $gathered.ToArray() -Export pwb_test_directory -UsesAdSync
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Test-PasswordWritebackPermission {
    [CmdletBinding(DefaultParameterSetName = 'Live')]
    [OutputType('PasswordWriteback.Finding', 'PasswordWriteback.PlanItem', 'PasswordWriteback.EvidenceRecord', 'PasswordWriteback.Run', 'System.Boolean')]
    param(
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $Check,
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $SkipCheck,
        [ValidateNotNullOrEmpty()] [string] $Suppression,
        [ValidateNotNullOrEmpty()] [string] $KnowledgePath,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 300)] [int] $TimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 3600)] [int] $GlobalTimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [switch] $SyncServer,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Domain,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Server,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNull()] [PSTypeName('System.Management.Automation.PSCredential')] $Credential,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $ConnectorAccount,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $SearchBase,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Identity,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 500)] [int] $SampleSize,
        [Parameter(ParameterSetName = 'Live')] [switch] $PlanOnly,
        [Parameter(ParameterSetName = 'File', Mandatory)]
        [SupportsWildcards()] [ValidateNotNullOrEmpty()] [string[]] $EvidencePath,
        [Parameter(ParameterSetName = 'Evidence', Mandatory, ValueFromPipeline)]
        [AllowEmptyCollection()] [object[]] $Evidence,
        [Parameter(ParameterSetName = 'File')] [Parameter(ParameterSetName = 'Evidence')] [datetime] $AsOf,
        [switch] $IncludeNotCollected,
        [switch] $PassThruEvidence,
        [switch] $Explain,
        [switch] $Quiet,
        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical', 'NotProven')] [string] $FailOn
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Evidence) { $gathered.Add($piece) } }
    end {
        Import-Module -Name $script:Parts -Verbose:$false
        Invoke-Diagnostic -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Evidence $gathered.ToArray() -Export pwb_test_permission -UsesAdSync
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Test-PasswordWritebackUser {
    [CmdletBinding(DefaultParameterSetName = 'Live')]
    [OutputType('PasswordWriteback.User', 'PasswordWriteback.Coverage', 'PasswordWriteback.PlanItem', 'PasswordWriteback.EvidenceRecord', 'PasswordWriteback.Run', 'System.Boolean')]
    param(
        # Objects: those of other modules are read by the property that names them best.
        [Parameter(ParameterSetName = 'Live', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('DistinguishedName', 'ObjectGuid', 'UserPrincipalName', 'SamAccountName')]
        [ValidateNotNullOrEmpty()] [object[]] $Identity,
        [Parameter(ParameterSetName = 'Scan', Mandatory)] [switch] $All,
        [Parameter(ParameterSetName = 'Scan')] [ValidateNotNullOrEmpty()] [string[]] $SearchBase,
        [Parameter(ParameterSetName = 'Scan')] [ValidateNotNullOrEmpty()] [string] $LdapFilter,
        [Parameter(ParameterSetName = 'Scan')] [switch] $SummaryOnly,
        [Parameter(ParameterSetName = 'Live')] [Parameter(ParameterSetName = 'Scan')] [ValidateNotNullOrEmpty()] [string[]] $ConnectorAccount,
        [Parameter(ParameterSetName = 'Live')] [Parameter(ParameterSetName = 'Scan')] [ValidateSet('Reset', 'Change', 'Unlock', 'AdminReset')] [string] $Operation,
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $Check,
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $SkipCheck,
        [ValidateNotNullOrEmpty()] [string] $Suppression,
        [ValidateNotNullOrEmpty()] [string] $KnowledgePath,
        [Parameter(ParameterSetName = 'Live')] [Parameter(ParameterSetName = 'Scan')] [ValidateRange(1, 300)] [int] $TimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [Parameter(ParameterSetName = 'Scan')] [ValidateRange(1, 3600)] [int] $GlobalTimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [Parameter(ParameterSetName = 'Scan')] [ValidateNotNullOrEmpty()] [string[]] $Domain,
        [Parameter(ParameterSetName = 'Live')] [Parameter(ParameterSetName = 'Scan')] [ValidateNotNullOrEmpty()] [string[]] $Server,
        [Parameter(ParameterSetName = 'Live')] [Parameter(ParameterSetName = 'Scan')] [ValidateNotNull()] [PSTypeName('System.Management.Automation.PSCredential')] $Credential,
        [Parameter(ParameterSetName = 'Live')] [Parameter(ParameterSetName = 'Scan')] [switch] $PlanOnly,
        [Parameter(ParameterSetName = 'File', Mandatory)]
        [SupportsWildcards()] [ValidateNotNullOrEmpty()] [string[]] $EvidencePath,
        # Not from the pipeline, which brings users here.
        [Parameter(ParameterSetName = 'Evidence', Mandatory)]
        [AllowEmptyCollection()] [object[]] $Evidence,
        [Parameter(ParameterSetName = 'File')] [Parameter(ParameterSetName = 'Evidence')] [datetime] $AsOf,
        [switch] $IncludeNotCollected,
        [switch] $PassThruEvidence,
        [switch] $Explain,
        [switch] $Quiet,
        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical', 'NotProven')] [string] $FailOn
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Identity) { $gathered.Add($piece) } }
    end {
        Import-Module -Name $script:Parts -Verbose:$false
        $bound = $PSBoundParameters
        if ($PSCmdlet.ParameterSetName -eq 'Live') { $bound['Identity'] = [string[]]@(ConvertTo-Identity -Cmdlet $PSCmdlet -InputObject $gathered.ToArray()) }
        Invoke-Diagnostic -Cmdlet $PSCmdlet -Bound $bound -Evidence $Evidence -Export pwb_test_user -UsesAdSync -OfUser
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Get-PasswordWritebackReport {
    [CmdletBinding()]
    [OutputType('PasswordWriteback.Report')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)] [Alias('FullName')]
        [ValidateNotNullOrEmpty()] [string] $Path
    )
    process {
        Import-Module -Name $script:Parts -Verbose:$false
        if ($Path) { Read-Report -Cmdlet $PSCmdlet -Path $Path }
        else { Get-LastReport }
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Get-PasswordWritebackCheck {
    [CmdletBinding()]
    [OutputType('PasswordWriteback.Check')]
    param(
        [Parameter(Position = 0)] [SupportsWildcards()] [string[]] $Id = '*',
        [ValidateSet('License', 'Tenant', 'Network', 'Directory', 'Permission', 'Policy', 'Server', 'Event', 'User')]
        [string[]] $Area,
        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical')] [string[]] $Severity,
        [switch] $Article,
        [switch] $Rule
    )
    Import-Module -Name $script:Parts -Verbose:$false
    $checks = @((Get-Description -Cmdlet $PSCmdlet).checks | Where-Object {
            $check = $_
            @($Id | Where-Object { $check.id -like $_ }).Count -and
            (-not $Area -or $Area -contains $check.area) -and
            (-not $Severity -or $Severity -contains $check.severity) -and
            (-not $Article -or @($check.article).Count)
        })
    if ($Article) { $checks = @($checks | Sort-Object -Property { $_.article[0] }, id) }
    foreach ($check in $checks) {
        if (-not $Rule) { $check.PSObject.Properties.Remove('rule') }
        $check.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Check')
        $check
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Export-PasswordWritebackEvidence {
    [CmdletBinding(DefaultParameterSetName = 'Live')]
    [OutputType('PasswordWriteback.EvidenceBundle')]
    param(
        [Parameter(Mandatory, Position = 0)] [ValidateNotNullOrEmpty()] [string] $Path,
        # This version cannot redact: the switch says that names may stand in the file.
        [switch] $NoRedact,
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).evidence -like "$word*" | Sort-Object -Unique })]
        [ValidateNotNullOrEmpty()] [string[]] $Kind,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string] $KnowledgePath,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 300)] [int] $TimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [ValidateRange(1, 3600)] [int] $GlobalTimeoutSecond,
        [Parameter(ParameterSetName = 'Live')] [switch] $SyncServer,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Domain,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Server,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNull()] [PSTypeName('System.Management.Automation.PSCredential')] $Credential,
        [Parameter(ParameterSetName = 'Live')] [switch] $AllController,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $ConnectorAccount,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Identity,
        [Parameter(ParameterSetName = 'Live')] [ValidateSet('Reset', 'Change', 'Unlock', 'AdminReset')] [string] $Operation,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string] $Proxy,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNull()] [PSTypeName('System.Management.Automation.PSCredential')] $ProxyCredential,
        [Parameter(ParameterSetName = 'Live')] [ValidateSet('Public', 'UsGov', 'China')] [string] $Cloud,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $Namespace,
        [Parameter(ParameterSetName = 'Live')] [ValidateNotNullOrEmpty()] [string[]] $AllowList,
        [Parameter(ParameterSetName = 'Live')] [switch] $IncludeLegacyPort,
        [Parameter(ParameterSetName = 'File', Mandatory)]
        [SupportsWildcards()] [ValidateNotNullOrEmpty()] [string[]] $EvidencePath,
        [Parameter(ParameterSetName = 'Evidence', Mandatory, ValueFromPipeline)]
        [AllowEmptyCollection()] [object[]] $Evidence
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Evidence) { $gathered.Add($piece) } }
    end {
        Import-Module -Name $script:Parts -Verbose:$false
        Export-Evidence -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Evidence $gathered.ToArray()
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Import-PasswordWritebackEvidence {
    [CmdletBinding()]
    [OutputType('PasswordWriteback.EvidenceBundle')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)] [Alias('FullName')]
        [ValidateNotNullOrEmpty()] [string[]] $Path
    )
    process {
        Import-Module -Name $script:Parts -Verbose:$false
        foreach ($file in $Path) {
            $request = @{ path = (Resolve-FilePath -Cmdlet $PSCmdlet -Path $file) }
            Invoke-Bundle -Cmdlet $PSCmdlet -Export pwb_import_evidence -Request $request
        }
    }
}

Export-ModuleMember -Function @(
    'Test-PasswordWriteback', 'Test-PasswordWritebackConnectivity', 'Test-PasswordWritebackDirectory',
    'Test-PasswordWritebackPermission', 'Test-PasswordWritebackUser',
    'Get-PasswordWritebackReport', 'Get-PasswordWritebackCheck',
    'Export-PasswordWritebackEvidence', 'Import-PasswordWritebackEvidence'
)
