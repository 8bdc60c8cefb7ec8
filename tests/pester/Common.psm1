# Shared by the Pester files: where the staged module is, PowerShell processes of their own, a peer that
# accepts and never answers, and recorded evidence.

Set-StrictMode -Version 2.0

# The manifest of the staged module. PWB_STAGE is the folder that tests/stage.sh was given.
function Get-StagedManifest {
    if (-not $env:PWB_STAGE) { throw 'PWB_STAGE is not set: tests/pester/run.ps1 -Stage DIR sets it.' }
    $found = @(Get-ChildItem -Path (Join-Path $env:PWB_STAGE 'PasswordWriteback/*/PasswordWriteback.psd1'))
    if ($found.Count -ne 1) { throw "$($found.Count) staged modules below '$env:PWB_STAGE'; tests/stage.sh DIR stages one." }
    $found[0].FullName
}

function Get-PwshPath { (Get-Process -Id $PID).Path }

# Runs a script in a new process, as `pwsh -NonInteractive`, with the module imported ($module is its
# manifest); returns what it wrote.
function Invoke-Fresh {
    param([Parameter(Mandatory)] [string] $Script, [switch] $NoImport)
    $head = "`$module = '$(Get-StagedManifest)'`n"
    if (-not $NoImport) { $head += "Import-Module `$module`n" }
    $file = Join-Path ([IO.Path]::GetTempPath()) "pwb-$([guid]::NewGuid()).ps1"
    [IO.File]::WriteAllText($file, $head + $Script)
    try { & (Get-PwshPath) -NoProfile -NonInteractive -File $file 2>&1 | ForEach-Object { [string]$_ } }
    finally { Remove-Item -LiteralPath $file }
}

# A TCP peer on loopback that accepts and says nothing: a run through it as its proxy lasts until its
# time-out. The kernel accepts for it, so it needs no thread.
function New-SilentPeer {
    $listener = New-Object System.Net.Sockets.TcpListener ([Net.IPAddress]::Loopback, 0)
    $listener.Start(200)
    $listener
}

function Get-PeerUrl {
    param([Net.Sockets.TcpListener] $Peer)
    "http://127.0.0.1:$($Peer.LocalEndpoint.Port)"
}

# A file of records: the names that login and reset hosts have in DNS, as one sync server saw them.
function New-DnsEvidence {
    param([Parameter(Mandatory)] [string] $Path, [string] $Address = '203.0.113.9', [string] $Resolver = '198.51.100.53', [string] $Server = 'sync1')
    $lines = foreach ($name in 'login.microsoftonline.com', 'passwordreset.microsoftonline.com') {
        $answers = @(if ($Address) { @{ value = $Address; ttl = 60 } })
        $class = 'public'
        if ($Address -like '127.*') { $class = 'loopback' }
        $rcode = 'NOERROR'
        if (-not $Address) { $rcode = 'NXDOMAIN' }
        ConvertTo-Json -Compress -Depth 6 -InputObject @{
            kind = 'dns'; state = 'ok'; collector = 'dns'; vantage = 'syncServer'; runAs = 'svc'; durationMs = 5
            collectedAtUnixMs = 1795000000000
            target = @{ kind = 'host'; key = "host:${name}:443"; display = "${name}:443"; within = @("server:$Server") }
            data = @{
                name = $name; type = 'A+AAAA'; rcode = $rcode; resolver = $Resolver; cnameChain = @(); overridden = $false
                answers = @($answers); addressClass = @(if ($Address) { $class })
            }
        }
    }
    [IO.File]::WriteAllText($Path, ($lines -join "`n") + "`n")
}

Export-ModuleMember -Function *-*
