# The cmdlets. Each builds a request from its parameters and calls one function; what things mean is
# decided in the library.

Set-StrictMode -Version 2.0

# .ExternalHelp PasswordWriteback-help.xml
function Test-PasswordWriteback {
    [CmdletBinding(DefaultParameterSetName = 'Live')]
    [OutputType('PasswordWriteback.Report')]
    [OutputType('System.Boolean')]
    param(
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $Check,

        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $SkipCheck,

        [string] $Suppression,

        [string] $KnowledgePath,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateRange(1, 300)]
        [int] $TimeoutSecond,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateRange(1, 3600)]
        [int] $GlobalTimeoutSecond,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $SyncServer,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $Domain,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $Server,

        [Parameter(ParameterSetName = 'Live')]
        [pscredential] $Credential,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $AllController,

        [Parameter(ParameterSetName = 'Live')]
        [string] $Proxy,

        [Parameter(ParameterSetName = 'Live')]
        [pscredential] $ProxyCredential,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateSet('Public', 'UsGov', 'China')]
        [string] $Cloud,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $Namespace,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $AllowList,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $IncludeLegacyPort,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $PlanOnly,

        [Parameter(ParameterSetName = 'File', Mandatory)]
        [string[]] $EvidencePath,

        [Parameter(ParameterSetName = 'Evidence', Mandatory, ValueFromPipeline)]
        [object[]] $Evidence,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Evidence')]
        [datetime] $AsOf,

        [switch] $IncludeNotCollected,

        [switch] $PassThruEvidence,

        [switch] $Quiet,

        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical', 'NotProven')]
        [string] $FailOn
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Evidence) { $gathered.Add($piece) } }
    end { Invoke-Diagnostic -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Export 'pwb_test_all' -Evidence $gathered.ToArray() -IsWhole }
}

# .ExternalHelp PasswordWriteback-help.xml
function Test-PasswordWritebackConnectivity {
    [CmdletBinding(DefaultParameterSetName = 'Live')]
    [OutputType('PasswordWriteback.Finding')]
    [OutputType('System.Boolean')]
    param(
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $Check,

        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $SkipCheck,

        [string] $Suppression,

        [string] $KnowledgePath,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateRange(1, 300)]
        [int] $TimeoutSecond,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateRange(1, 3600)]
        [int] $GlobalTimeoutSecond,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $SyncServer,

        [Parameter(ParameterSetName = 'Live')]
        [string] $Proxy,

        [Parameter(ParameterSetName = 'Live')]
        [pscredential] $ProxyCredential,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateSet('Public', 'UsGov', 'China')]
        [string] $Cloud,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $Namespace,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $AllowList,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $IncludeLegacyPort,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $PlanOnly,

        [Parameter(ParameterSetName = 'File', Mandatory)]
        [string[]] $EvidencePath,

        [Parameter(ParameterSetName = 'Evidence', Mandatory, ValueFromPipeline)]
        [object[]] $Evidence,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Evidence')]
        [datetime] $AsOf,

        [switch] $IncludeNotCollected,

        [switch] $PassThruEvidence,

        [switch] $Quiet,

        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical', 'NotProven')]
        [string] $FailOn
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Evidence) { $gathered.Add($piece) } }
    end { Invoke-Diagnostic -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Export 'pwb_test_connectivity' -Evidence $gathered.ToArray() }
}

# .ExternalHelp PasswordWriteback-help.xml
function Test-PasswordWritebackDirectory {
    [CmdletBinding(DefaultParameterSetName = 'Live')]
    [OutputType('PasswordWriteback.Finding')]
    [OutputType('System.Boolean')]
    param(
        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $Check,

        [SupportsWildcards()]
        [ArgumentCompleter({ param($c, $p, $word) (Get-PasswordWritebackCheck).id -like "$word*" })]
        [string[]] $SkipCheck,

        [string] $Suppression,

        [string] $KnowledgePath,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateRange(1, 300)]
        [int] $TimeoutSecond,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateRange(1, 3600)]
        [int] $GlobalTimeoutSecond,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $SyncServer,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $Domain,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $Server,

        [Parameter(ParameterSetName = 'Live')]
        [pscredential] $Credential,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $AllController,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $PlanOnly,

        [Parameter(ParameterSetName = 'File', Mandatory)]
        [string[]] $EvidencePath,

        [Parameter(ParameterSetName = 'Evidence', Mandatory, ValueFromPipeline)]
        [object[]] $Evidence,

        [Parameter(ParameterSetName = 'File')]
        [Parameter(ParameterSetName = 'Evidence')]
        [datetime] $AsOf,

        [switch] $IncludeNotCollected,

        [switch] $PassThruEvidence,

        [switch] $Quiet,

        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical', 'NotProven')]
        [string] $FailOn
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Evidence) { $gathered.Add($piece) } }
    end { Invoke-Diagnostic -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Export 'pwb_test_directory' -Evidence $gathered.ToArray() }
}

# .ExternalHelp PasswordWriteback-help.xml
function Get-PasswordWritebackReport {
    [CmdletBinding()]
    [OutputType('PasswordWriteback.Report')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('FullName')]
        [string] $Path
    )
    process {
        if (-not $PSBoundParameters.ContainsKey('Path')) { return Get-LastReport }
        $full = Resolve-FilePath -Cmdlet $PSCmdlet -Path $Path
        if (-not (Test-Path -LiteralPath $full -PathType Leaf)) {
            $PSCmdlet.ThrowTerminatingError((New-ErrorRecord -Kind 'notFound' -Target $full -Message "The report '$full' does not exist."))
        }
        $report = $null
        try { $report = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($full)) }
        catch { Write-Debug $_.Exception.Message }
        if ($null -eq $report -or -not $report.PSObject.Properties['verdict'] -or -not $report.PSObject.Properties['findings']) {
            $PSCmdlet.ThrowTerminatingError((New-ErrorRecord -Kind 'invalidRequest' -Target $full -Message "'$full' is not a report of this module; Test-PasswordWriteback | ConvertTo-Json -Depth 12 writes one."))
        }
        foreach ($finding in $report.findings) { $finding.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Finding') }
        $report.PSObject.TypeNames.Insert(0, 'PasswordWriteback.Report')
        $report
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Get-PasswordWritebackCheck {
    [CmdletBinding()]
    [OutputType('PasswordWriteback.Check')]
    param(
        [Parameter(Position = 0)]
        [SupportsWildcards()]
        [string[]] $Id = '*',

        [ValidateSet('License', 'Tenant', 'Network', 'Directory', 'Permission', 'Policy', 'Server', 'Event', 'User')]
        [string[]] $Area,

        [ValidateSet('Info', 'Low', 'Medium', 'High', 'Critical')]
        [string[]] $Severity,

        [switch] $Article,

        [switch] $Rule
    )
    try { $checks = (Get-Description).checks }
    catch { $PSCmdlet.ThrowTerminatingError($_) }
    $wanted = @($checks | Where-Object {
            $check = $_
            @($Id | Where-Object { $check.id -like $_ }).Count -and
            (-not $Area -or $Area -contains $check.area) -and
            (-not $Severity -or $Severity -contains $check.severity) -and
            (-not $Article -or $check.article.Count)
        })
    # In the order of the support article where that was asked for.
    if ($Article) { $wanted = @($wanted | Sort-Object { $_.article[0] }, id) }
    foreach ($check in $wanted) {
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
        [Parameter(Mandatory, Position = 0)]
        [string] $Path,

        # This version cannot redact: the switch says that names may stand in the file.
        [switch] $NoRedact,

        [string[]] $Kind,

        [string] $KnowledgePath,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateRange(1, 300)]
        [int] $TimeoutSecond,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateRange(1, 3600)]
        [int] $GlobalTimeoutSecond,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $SyncServer,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $Domain,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $Server,

        [Parameter(ParameterSetName = 'Live')]
        [pscredential] $Credential,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $AllController,

        [Parameter(ParameterSetName = 'Live')]
        [string] $Proxy,

        [Parameter(ParameterSetName = 'Live')]
        [pscredential] $ProxyCredential,

        [Parameter(ParameterSetName = 'Live')]
        [ValidateSet('Public', 'UsGov', 'China')]
        [string] $Cloud,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $Namespace,

        [Parameter(ParameterSetName = 'Live')]
        [string[]] $AllowList,

        [Parameter(ParameterSetName = 'Live')]
        [switch] $IncludeLegacyPort,

        [Parameter(ParameterSetName = 'File', Mandatory)]
        [string[]] $EvidencePath,

        [Parameter(ParameterSetName = 'Evidence', Mandatory, ValueFromPipeline)]
        [object[]] $Evidence
    )
    begin { $gathered = New-Object 'Collections.Generic.List[object]' }
    process { foreach ($piece in $Evidence) { $gathered.Add($piece) } }
    end {
        $handle = New-Object 'Collections.Generic.List[uint64]'
        $offer = @()
        $request = @{ path = (Resolve-FilePath -Cmdlet $PSCmdlet -Path $Path); noRedact = [bool]$NoRedact }
        if ($Kind) { $request.kinds = $Kind }
        try {
            if ($PSCmdlet.ParameterSetName -eq 'Live') {
                $request.live = New-LiveRequest -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Handle $handle
            }
            elseif ($EvidencePath) {
                $request.evidencePaths = @($EvidencePath | ForEach-Object { Resolve-FilePath -Cmdlet $PSCmdlet -Path $_ })
            }
            else {
                $split = Split-Evidence -Evidence $gathered.ToArray()
                $request.evidencePaths = @($split.Paths)
                if ($split.Records.Count) {
                    $request.expects = @('records')
                    $offer = @(ConvertTo-Offer -Record $split.Records)
                }
            }
            Invoke-Job -Export 'pwb_export_evidence' -Request $request -Offer $offer | ForEach-Object {
                if ($_.PSObject.Properties['kind'] -and $_.kind -eq 'manifest') { New-Bundle -Path $_.path -Manifest $_.manifest }
            }
        }
        catch { $PSCmdlet.ThrowTerminatingError($_) }
        finally { foreach ($number in $handle) { Remove-Secret -Handle $number } }
    }
}

# .ExternalHelp PasswordWriteback-help.xml
function Import-PasswordWritebackEvidence {
    [CmdletBinding()]
    [OutputType('PasswordWriteback.EvidenceBundle')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('FullName')]
        [string[]] $Path
    )
    process {
        foreach ($file in $Path) {
            try {
                Invoke-Job -Export 'pwb_import_evidence' -Request @{ path = (Resolve-FilePath -Cmdlet $PSCmdlet -Path $file) } | ForEach-Object {
                    New-Bundle -Path $_.path -Manifest $_.manifest
                }
            }
            catch { $PSCmdlet.ThrowTerminatingError($_) }
        }
    }
}

Export-ModuleMember -Function @(
    'Test-PasswordWriteback', 'Test-PasswordWritebackConnectivity', 'Test-PasswordWritebackDirectory',
    'Get-PasswordWritebackReport', 'Get-PasswordWritebackCheck',
    'Export-PasswordWritebackEvidence', 'Import-PasswordWritebackEvidence'
)
