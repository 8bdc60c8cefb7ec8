# The default view of a report: what an administrator needs at three in the morning. Verdict, probable
# causes with the fix, then what is not Pass, then one line each on what was not examined.
#
# The library's own text report (src/render/text.rs) has the same content and order.

Set-StrictMode -Version 2.0

$script:State = @{
    working = 'WORKING', 'Green'; atRisk = 'AT RISK', 'Yellow'; degraded = 'DEGRADED', 'Red'
    notWorking = 'NOT WORKING', 'Red'; notProven = 'NOT PROVEN', 'Yellow'
}
$script:Mark = @{ fail = 'fail', 'Red'; warn = 'warn', 'Yellow'; unknown = '?   ', 'Cyan'; pass = 'pass', 'Green'; notApplicable = 'n/a ', 'Cyan' }

# Text from outside may hold escape sequences; a terminal must not act on them.
function Protect-Text {
    param([AllowEmptyString()] [AllowNull()] [string] $Text)
    $Text -replace '[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]', ' '
}

# Colours where the host has them and output is not plain text.
function Add-Colour {
    param([string] $Text, [string] $Name)
    $style = Get-Variable -Name PSStyle -ValueOnly -ErrorAction Ignore
    if (-not $style -or [string]$style.OutputRendering -eq 'PlainText' -or $env:NO_COLOR) { return $Text }
    $style.Foreground.$Name + $Text + $style.Reset
}

function Get-Width {
    $width = 0
    try { $width = $Host.UI.RawUI.BufferSize.Width } catch { $width = 0 }
    # Without a window (a job, a redirected run) a report is read in a mail or a ticket.
    if ($width -lt 40) { $width = 100 }
    [Math]::Min($width, 160) - 1
}

# Words wrapped to the width; a longer word stands alone.
function Split-Line {
    param([string] $Text, [int] $First, [int] $Rest, [int] $Width)
    $line = ' ' * $First
    $isEmpty = $true
    foreach ($word in ((Protect-Text $Text) -split '\s+')) {
        if (-not $word) { continue }
        if (-not $isEmpty -and $line.Length + 1 + $word.Length -gt $Width) {
            $line
            $line = ' ' * $Rest
            $isEmpty = $true
        }
        if (-not $isEmpty) { $line += ' ' }
        $line += $word
        $isEmpty = $false
    }
    $line
}

function Format-Cause {
    param([object] $Cause, [int] $Number, [int] $Width)
    $head = "$Number. $($Cause.id) $($Cause.title)  (confidence $($Cause.confidence), score $($Cause.score))"
    Split-Line -Text $head -First 0 -Rest 3 -Width $Width | ForEach-Object { Add-Colour -Text $_ -Name 'BrightWhite' }
    Split-Line -Text $Cause.explanation -First 3 -Rest 3 -Width $Width
    Split-Line -Text "Fix: $($Cause.remediation)" -First 3 -Rest 8 -Width $Width | ForEach-Object { Add-Colour -Text $_ -Name 'Green' }
    foreach ($step in $Cause.steps) {
        Split-Line -Text "- $($step.text)" -First 3 -Rest 5 -Width $Width
        if ($step.command) { '       ' + (Protect-Text $step.command) }
    }
    if (@($Cause.effects).Count) { Split-Line -Text ('Explains or blocks: ' + ($Cause.effects -join ', ')) -First 3 -Rest 8 -Width $Width }
    '   ' + $Cause.link
}

function Format-FindingList {
    param([string] $Heading, [object[]] $Finding, [int] $Width)
    if (-not $Finding.Count) { return }
    ''
    $Heading
    foreach ($one in $Finding) {
        $text = "$($one.id) $($one.target.display): $($one.message)"
        if ($one.status -in 'fail', 'warn') { $text += " ($($one.countsAs))" }
        $lines = @(Split-Line -Text $text -First 7 -Rest 7 -Width $Width)
        '  ' + (Add-Colour -Text $script:Mark[$one.status][0] -Name $script:Mark[$one.status][1]) + ' ' + $lines[0].Substring(7)
        $lines | Select-Object -Skip 1
    }
}

# The report as lines.
function Format-Report {
    param([Parameter(Mandatory)] [object] $Report, [int] $Width = (Get-Width))
    $verdict = $Report.verdict
    $word, $colour = $script:State[$verdict.state]
    (Add-Colour -Text $word -Name $colour) + '  ' + (Protect-Text $Report.host)
    Split-Line -Text $verdict.summary -First 2 -Rest 2 -Width $Width
    if ($Report.state -eq 'cancelled') {
        Split-Line -Text 'The run was cancelled; this is what was finished by then.' -First 2 -Rest 2 -Width $Width
    }
    $causes = @($verdict.probableCauses)
    if ($causes.Count) {
        ''
        'PROBABLE CAUSES'
        $number = 0
        foreach ($cause in $causes) { $number++; Format-Cause -Cause $cause -Number $number -Width $Width }
    }
    $named = @($causes | ForEach-Object { $_.keys })
    $findings = @($Report.findings)
    Format-FindingList -Heading 'ALSO NOT RIGHT' -Width $Width -Finding @($findings | Where-Object {
            $_.status -in 'warn', 'fail' -and -not $_.suppressed -and -not $_.byDesign -and $named -notcontains $_.key })
    Format-FindingList -Heading 'COULD NOT BE READ' -Width $Width -Finding @($findings | Where-Object { $_.status -eq 'unknown' })
    Format-FindingList -Heading 'NOT COUNTED (SUPPRESSED)' -Width $Width -Finding @($findings | Where-Object { $_.suppressed })
    $waiting = @($findings | Where-Object { @($_.blockedBy).Count } | ForEach-Object { $_.id } | Select-Object -Unique)
    if ($waiting.Count) {
        ''
        'WAITING FOR WHAT FAILED FIRST'
        Split-Line -Text ($waiting -join ', ') -First 2 -Rest 2 -Width $Width
    }
    if (@($verdict.next).Count) {
        ''
        'TO COLLECT NEXT'
        foreach ($missing in @($verdict.next | Select-Object -First 3)) {
            Split-Line -Text "$($missing.kind) (for $($missing.checks -join ', ')), on $($missing.runOn): $($missing.command)" -First 2 -Rest 4 -Width $Width
        }
    }
    if (@($Report.notExamined).Count) {
        ''
        'NOT EXAMINED'
        foreach ($line in $Report.notExamined) {
            $how = ''
            if ($line.how) { $how = " Adds it: $($line.how)." }
            Split-Line -Text "$($line.what): $($line.why).$how" -First 2 -Rest 4 -Width $Width
        }
    }
    foreach ($line in $Report.forecast) { Split-Line -Text "Ahead: $($line.what) ($($line.check))" -First 0 -Rest 2 -Width $Width }
    ''
    $c = $Report.counts
    Split-Line -First 0 -Rest 2 -Width $Width -Text (
        '{0} passed, {1} warned, {2} failed, {3} unknown, {4} not applicable, {5} suppressed; {6:0.0} s; version {7}' -f
        $c.pass, $c.warn, $c.fail, $c.unknown, $c.notApplicable, $c.suppressed, ($Report.durationMs / 1000), $Report.tool.version)
}

Export-ModuleMember -Function Format-Report
