# The staged module in Windows PowerShell 7: import, description, a run against loopback peers, a wrong
# request, a second import. Prints 'ok - ' and 'not ok - ' lines.
param([Parameter(Mandatory)] [string] $Module, [Parameter(Mandatory)] [string] $Knowledge)

[Console]::OutputEncoding = [Text.Encoding]::UTF8
function Assert-That {
    param([string] $What, [bool] $Holds)
    if ($Holds) { "ok - $What" } else { "not ok - $What" }
}

Import-Module $Module
$listed = (Import-PowerShellDataFile (Join-Path (Get-Module PasswordWriteback).ModuleBase PasswordWriteback.psd1)).FunctionsToExport
$there = (Get-Command -Module PasswordWriteback).Name
Assert-That 'the module is imported' (-not (Compare-Object $listed $there))
Assert-That 'the library lists its checks' (@(Get-PasswordWritebackCheck -Area Network).Count -ge 9)

$error.Clear()
$id = ''
try { Test-PasswordWritebackConnectivity -Check 'PW9Z*' } catch { $id = $_.FullyQualifiedErrorId }
Assert-That 'a wrong request is an error record with a stable id' ($id -like 'PasswordWriteback.InvalidRequest*')

$findings = @(Test-PasswordWritebackConnectivity -KnowledgePath $Knowledge -SyncServer -Check PW301, PW303 -TimeoutSecond 2)
$name = $findings | Where-Object id -EQ 'PW301'
Assert-That 'findings come out' ($findings.Count -eq 2)
# Which path the service takes is not known here, so it is no failure; what the name led to is said all the same.
Assert-That 'a name that leads to loopback is seen' ($name.status -in 'fail', 'unknown' -and $name.message -match 'localhost resolves only to loopback')

$report = Test-PasswordWriteback -KnowledgePath $Knowledge -SyncServer -TimeoutSecond 2
Assert-That 'a report has its exit code' ($report.ExitCode -in 1, 2, 3)
Assert-That 'the view shows the verdict' (($report | Out-String -Width 100) -match 'PW301')

Remove-Module PasswordWriteback
Import-Module $Module
Assert-That 'a second import works' (@(Get-PasswordWritebackCheck).Count -gt 20)
