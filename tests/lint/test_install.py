# SPDX-License-Identifier: GPL-2.0-or-later
"""./dev install, ./dev uninstall and cmake --install: what lies where, and what is said."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WS_BUILD_DIR", ROOT / "build"))


def dev(task, home, **environment):
    done = subprocess.run([ROOT / "dev", task], capture_output=True, text=True, timeout=1200,
                          env={"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", **environment})
    return done.returncode, done.stderr


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Somebody's home, with a plugin of a release that he had before."""
    home = tmp_path_factory.mktemp("home")
    old = home / ".local" / "lib" / "wireshark" / "plugins" / "3.2" / "epan"
    old.mkdir(parents=True)
    (old / "ws.so").touch()
    code, said = dev("install", home)
    assert code == 0, said
    (home / "said").write_text(said)
    return home


def test_install_says_where_everything_is(home):
    said = (home / "said").read_text()
    installed = [home / path for path in files(home) if path.endswith(("ws.so", "wscap")) and "3.2" not in path]
    assert [path.name for path in installed] and len(installed) == 2
    assert all(f"Installed {path}" in said for path in installed)
    assert "3.2/epan/ws.so is of another release" in said
    assert (home / ".config" / "wireshark" / "profiles" / "WebSocket" / "preferences").exists()


def test_what_is_installed_is_stripped_and_runs(home):
    plugin, = (home / path for path in files(home) if path.endswith("ws.so") and "3.2" not in path)
    assert b".debug_info" not in plugin.read_bytes()
    wscap, = (home / path for path in files(home) if path.endswith("wscap"))
    assert subprocess.run([wscap, "--version"], capture_output=True, check=True).stdout.startswith(b"wscap ")


def test_uninstall_leaves_what_is_the_users(home):
    profile = home / ".config" / "wireshark" / "profiles" / "WebSocket" / "preferences"
    own = profile.read_text() + "gui.zoom.level: 2\n"
    profile.write_text(own)
    code, said = dev("uninstall", home)
    assert code == 0 and "was changed since, and stays" in said
    assert not [path for path in files(home) if path.endswith(("ws.so", "wscap")) and "3.2" not in path]
    assert profile.read_text() == own
    assert dev("uninstall", home)[0] == 0  # there is nothing left


def test_without_wireshark(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "cd", "env", "sed", "nproc"):
        if (path := pathlib.Path("/usr/bin") / name).exists():
            (programs / name).symlink_to(path)
    for task in ("install", "uninstall"):
        code, said = dev(task, tmp_path, PATH=str(programs))
        assert code == 1 and "Wireshark was not found" in said


def test_a_wireshark_that_does_not_run(tmp_path):
    broken = tmp_path / "bin" / "tshark"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    code, said = dev("install", tmp_path, PATH=f"{broken.parent}:{os.environ['PATH']}")
    assert code == 1 and "tshark does not run" in said
    assert files(tmp_path) == ["bin/tshark"]


@pytest.mark.parametrize("prefix", ["/usr", "/opt/wireshark"])
def test_install_rules(tmp_path, prefix):
    """DESTDIR and the prefix are honoured; the extcap is a link to the command."""
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], env={**os.environ, "DESTDIR": str(tmp_path)}, check=True,
                   capture_output=True)
    found = [f"/{path}" for path in files(tmp_path)]
    assert all(path.startswith(prefix + "/") for path in found)
    plugin, = (path for path in found if path.endswith("/epan/ws.so"))
    assert "/wireshark/plugins/" in plugin
    link, = (tmp_path / path[1:] for path in found if path.endswith("/extcap/wscap"))
    assert link.is_symlink() and link.resolve() == (tmp_path / prefix[1:] / "bin" / "wscap").resolve()
    assert {f"{prefix}/share/man/man1/wscap.1", f"{prefix}/share/wireshark/profiles/WebSocket/preferences"} <= set(found)
    assert any(path.endswith("/README.md") for path in found)


# ---- the archive for the home folder -----------------------------------------------

@pytest.fixture(scope="module")
def archive(home, tmp_path_factory):
    """Unpacked; what ./dev install built is in it."""
    assert home
    made = subprocess.run([ROOT / "packaging" / "archive"], capture_output=True, text=True, check=True).stdout.strip()
    folder = tmp_path_factory.mktemp("archive")
    subprocess.run(["tar", "-xzf", ROOT / made, "-C", folder], check=True)
    unpacked, = folder.iterdir()
    return unpacked


def installed(archive, home, *words, **environment):
    done = subprocess.run([archive / "install", *words], capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", **environment})
    return done.returncode, done.stderr


def test_the_archive_installs_and_removes(archive, tmp_path):
    code, said = installed(archive, tmp_path)
    assert code == 0, said
    assert sorted(path.rsplit("/", 1)[-1] for path in files(tmp_path) if "profiles" not in path) == ["ws.so", "wscap", "wscap-keylog.so"]
    plugin, = tmp_path.rglob("ws.so")
    assert plugin.read_bytes() == (archive / "ws.so").read_bytes()
    assert installed(archive, tmp_path, "--remove")[0] == 0
    assert files(tmp_path) == []


def test_the_archive_of_another_release(archive, tmp_path):
    """Wireshark would ignore the plugin without a word."""
    other = tmp_path / "bin" / "tshark"
    other.parent.mkdir()
    other.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "TShark (Wireshark) 9.9.1" || printf "Personal configuration:\\t/tmp/c\\nPersonal Plugins:\\t/tmp/p/9.9\\n"\n')
    other.chmod(0o755)
    code, said = installed(archive, tmp_path, PATH=f"{other.parent}:{os.environ['PATH']}")
    assert code == 1 and "This archive is for Wireshark" in said and "the one installed is 9.9" in said
    uname = other.parent / "uname"
    uname.write_text("#!/bin/sh\necho riscv64\n")
    uname.chmod(0o755)
    code, said = installed(archive, tmp_path, PATH=f"{other.parent}:{os.environ['PATH']}")
    assert code == 1 and "this machine is riscv64" in said
    assert files(tmp_path) == ["bin/tshark", "bin/uname"]


def test_a_full_disk_leaves_nothing_half_installed(archive, tmp_path):
    """A file system that the plugin fits on, and wscap does not, in a name space of its own."""
    size = (archive / "ws.so").stat().st_size + (archive / "wscap").stat().st_size // 2
    script = f"""mount -t tmpfs -o size={size} none {tmp_path} && HOME={tmp_path} {archive}/install; echo "status $?"; find {tmp_path} -type f"""
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script], capture_output=True, text=True)
    assert done.stdout == "status 1\n", done.stdout + done.stderr
    assert "could not be written; nothing was installed." in done.stderr
