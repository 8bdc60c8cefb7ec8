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

# A proxy on loopback that refuses every tunnel but those to login hosts, which it leaves without an answer:
# a run through it finds something at once and lasts until its time-out. Held: the open connections.
function New-SlowProxy {
    $listener = New-Object System.Net.Sockets.TcpListener ([Net.IPAddress]::Loopback, 0)
    $listener.Start(200)
    $held = [Collections.ArrayList]::Synchronized((New-Object System.Collections.ArrayList))
    $shell = [powershell]::Create()
    $null = $shell.AddScript({
            param($listener, $held)
            $refusal = [Text.Encoding]::ASCII.GetBytes("HTTP/1.1 403 Forbidden`r`nContent-Length: 0`r`nConnection: close`r`n`r`n")
            while ($true) {
                $client = $listener.AcceptTcpClient()
                $buffer = New-Object byte[] 8192
                $text = [Text.Encoding]::ASCII.GetString($buffer, 0, $client.GetStream().Read($buffer, 0, $buffer.Length))
                if ($text -match '^CONNECT login\.') { $null = $held.Add($client); continue }
                $client.GetStream().Write($refusal, 0, $refusal.Length)
                $client.Dispose()
            }
        }).AddArgument($listener).AddArgument($held)
    $null = $shell.BeginInvoke()
    @{ Listener = $listener; Shell = $shell; Held = $held; Url = "http://127.0.0.1:$($listener.LocalEndpoint.Port)" }
}

function Stop-SlowProxy {
    param([hashtable] $Proxy)
    $Proxy.Listener.Stop()
    foreach ($client in @($Proxy.Held)) { $client.Dispose() }
    $Proxy.Shell.Dispose()
}

# A file of records: what two names of the cloud resolve to, as one sync server saw it.
function New-DnsEvidence {
    param([Parameter(Mandatory)] [string] $Path, [string] $Address = '203.0.113.9', [string] $Resolver = '198.51.100.53', [string] $Server = 'sync1')
    $envelope = @{ state = 'ok'; vantage = 'syncServer'; runAs = 'svc'; durationMs = 5; collectedAtUnixMs = 1795000000000 }
    $records = @(
        $envelope + @{
            kind = 'operator-input'; collector = 'operator-input'
            target = @{ kind = 'server'; key = "server:$Server"; display = $Server; within = @() }
            data = @{ cloud = 'Public'; syncServer = $true; allowList = @(); namespaces = @(); domains = @(); servers = @(); includeLegacyPort = $false; allController = $false }
        }
        $envelope + @{
            kind = 'proxy-config'; collector = 'proxy-config'
            target = @{ kind = 'server'; key = "server:$Server"; display = $Server; within = @() }
            data = @{ winInet = @(); environment = @{ http = $null; https = $null; no = $null }; effectiveForService = @{ kind = 'none'; address = $null; source = 'environment' } }
        }
        foreach ($name in 'login.microsoftonline.com', 'passwordreset.microsoftonline.com') {
            $envelope + @{
                kind = 'dns'; collector = 'dns'
                target = @{ kind = 'host'; key = "host:${name}:443"; display = "${name}:443"; within = @("server:$Server") }
                data = @{
                    name = $name; type = 'A+AAAA'; rcode = 'NOERROR'; resolver = $Resolver; cnameChain = @(); overridden = $false
                    answers = @(@{ value = $Address; ttl = 60 }); addressClass = @($(if ($Address -like '127.*') { 'loopback' } else { 'public' }))
                }
            }
        }
    )
    [IO.File]::WriteAllLines($Path, [string[]]@($records | ForEach-Object { ConvertTo-Json -InputObject $_ -Depth 6 -Compress }))
}

Export-ModuleMember -Function *-*
