# .\run.ps1 COMMAND [ARGUMENT...]: what ./run does, for Windows PowerShell.
# UNTESTED: written without a Windows machine at hand, step by step after ./run. 未经测试:编写时没有 Windows 环境可供验证。
# EVALSYS_WHEELS=DIR builds the environment without any network: see docs/closed-networks.md.
$command = $args
$root = $PSScriptRoot
$venv = Join-Path $root '.venv'
$stamp = Join-Path $venv 'built'

function Say($text) { [Console]::Error.WriteLine($text) } # stdout belongs to the command
function Fail($text) { Say "run: $text"; exit 1 }

if ($command.Count -eq 0) {
    Say '用法:.\run.ps1 命令 [参数…],例如:.\run.ps1 evalsys --help'
    Say 'usage: .\run.ps1 COMMAND [ARGUMENT...], e.g. .\run.ps1 evalsys --help'
    exit 2
}

# the folder is part of it: a folder that was moved or copied is built anew, as an environment can't be moved
$hashes = 'requirements.txt', 'pyproject.toml' | ForEach-Object { (Get-FileHash (Join-Path $root $_)).Hash }
$wanted = "$root $hashes"

function Test-Built { (Test-Path "$venv\Scripts\python.exe") -and (Test-Path $stamp) -and ((Get-Content $stamp) -eq $wanted) }

function Find-Python {
    foreach ($name in 'python', 'python3', 'py') {
        if (Get-Command $name -ErrorAction SilentlyContinue) {
            & $name -c 'import sys; sys.exit(sys.version_info < (3, 11))' | Out-Null
            if ($LASTEXITCODE -eq 0) { return $name }
        }
    }
    Fail '未找到 Python 3.11 及以上版本,请先安装。 No Python 3.11 or newer was found; install it first.'
}

# the uv pinned in requirements.txt, in an environment of its own (.uv), so that no system is changed
function Install-Uv($python, $offline) {
    $own = Join-Path $root '.uv'
    $uv = "$own\Scripts\uv.exe"
    $text = Get-Content -Raw (Join-Path $root 'requirements.txt')
    $pin = [regex]::Match($text, '(?m)^uv==.*\r?\n(?:[ ].*\r?\n)*').Value.Trim()
    $pinned = "$own\pin"
    if (-not (Test-Path $uv) -or -not (Test-Path $pinned) -or ((Get-Content -Raw $pinned).Trim() -ne $pin)) {
        if (Test-Path $own) { Remove-Item -Recurse -Force $own }
        & $python -m venv $own | Out-Null
        if ($LASTEXITCODE -eq 0) {
            Set-Content -Encoding ASCII "$own\uv.txt" $pin
            & "$own\Scripts\python.exe" -m pip install -q --disable-pip-version-check --require-hashes @offline -r "$own\uv.txt" | Out-Null
        }
        if ($LASTEXITCODE -ne 0) { Fail '安装 uv 失败,原因见上。 Installing uv failed; the reason is above.' }
        Move-Item "$own\uv.txt" $pinned # last, so that a killed install is done again
    }
    return $uv
}

function Build {
    Say '正在建立运行环境(仅首次或依赖变更后)…… Building the environment (the first time, or after a change)...'
    $offline = @()
    if ($env:EVALSYS_WHEELS) {
        if (-not (Test-Path $env:EVALSYS_WHEELS)) {
            Fail "EVALSYS_WHEELS 所指目录不存在。 EVALSYS_WHEELS names no folder: $env:EVALSYS_WHEELS"
        }
        $offline = '--no-index', '--find-links', (Resolve-Path $env:EVALSYS_WHEELS).Path
    }
    $python = '>=3.11'
    $found = Get-Command uv -ErrorAction SilentlyContinue
    if ($found -and -not $found.Source.StartsWith($venv)) {
        $uv = $found.Source
    } else {
        $python = Find-Python
        $uv = Install-Uv $python $offline
        $python = "$root\.uv\Scripts\python.exe"
    }
    if (Test-Path $venv) { Remove-Item -Recurse -Force $venv }
    Push-Location $root
    $downloads = $env:UV_PYTHON_DOWNLOADS
    $env:UV_PYTHON_DOWNLOADS = 'never'
    try {
        & $uv venv -q --python $python $venv | Out-Null
        if ($LASTEXITCODE -eq 0) {
            & $uv pip sync -q --python $venv --require-hashes --compile-bytecode @offline requirements.txt | Out-Null
        }
        if ($LASTEXITCODE -eq 0) {
            & $uv pip install -q --python $venv --no-deps --no-build-isolation --offline -e . | Out-Null
        }
        if ($LASTEXITCODE -ne 0) { Fail '建立环境失败,原因见上。 Building the environment failed; the reason is above.' }
    } finally {
        $env:UV_PYTHON_DOWNLOADS = $downloads
        Pop-Location
    }
    Set-Content $stamp $wanted # last, so that a killed build is done again
}

if (-not (Test-Built)) { Build }

$env:VIRTUAL_ENV = $venv
$env:PATH = "$venv\Scripts;$env:PATH"
$rest = @($command | Select-Object -Skip 1)
& $command[0] @rest
exit $LASTEXITCODE
