# Import of the staged module beside an empty one: fresh processes in turn, medians of twenty.
param([Parameter(Mandatory)] [string] $Stage)

$empty = Join-Path ([IO.Path]::GetTempPath()) "EmptyModule$PID"
$null = New-Item -ItemType Directory -Path $empty -Force
Set-Content -Path (Join-Path $empty 'EmptyModule.psm1') -Value 'function Get-Nothing { }'
$pwsh = (Get-Process -Id $PID).Path
$measure = 'param($m) $w = [Diagnostics.Stopwatch]::StartNew(); Import-Module $m; $w.Elapsed.TotalMilliseconds'
function Get-Cost {
    param([string] $Module)
    [double](& $pwsh -NoProfile -NonInteractive -Command "& { $measure } '$Module'")
}
$ours = @(); $theirs = @()
foreach ($round in 1..20) {
    $theirs += Get-Cost (Join-Path $empty 'EmptyModule.psm1')
    $ours += Get-Cost (Join-Path $Stage 'PasswordWriteback')
}
Remove-Item -LiteralPath $empty -Recurse
$median = { param($list) ($list | Sort-Object)[[int]($list.Count / 2)] }
$a = & $median $ours; $b = & $median $theirs
'import {0:0.0} ms, empty module {1:0.0} ms, difference {2:0.0} ms, ratio {3:0.00}' -f $a, $b, ($a - $b), ($a / $b)
