"""Where files lie: names only; the folders themselves are made in the integration tests."""

from pathlib import Path

from branchdesk.devices.paths import TerminalHome, default_home, terminal_home


def test_the_second_event_file_is_not_beside_the_database() -> None:
    home = TerminalHome(Path("/x"))
    assert home.second_file.parent != home.database.parent
    assert (
        home.second_file.parent not in home.database.parents or home.second_file.parent == home.root
    )
    assert home.database.parent == home.store_folder


def test_every_file_has_a_name_of_its_own() -> None:
    home = TerminalHome(Path("/x"))
    names = [
        home.database, home.second_file, home.backups, home.ballast, home.keys_file,
        home.settings_file, home.logs, home.print_folder,
    ]  # fmt: skip
    assert len(set(names)) == len(names)
    assert all(home.root in name.parents for name in names)


def test_the_chosen_folder_comes_before_the_environment_and_the_convention() -> None:
    environ = {"BRANCHDESK_HOME": "/named", "BRANCHDESK_SECOND": "/elsewhere"}
    assert terminal_home(Path("/chosen"), environ).root == Path("/chosen")
    assert terminal_home(None, environ).root == Path("/named")
    assert terminal_home(None, environ).second_file.parent == Path("/elsewhere")
    assert default_home({}).is_absolute()
    assert default_home({}).name == "BranchDesk"


def test_a_relative_home_is_fixed_where_the_program_started() -> None:
    assert terminal_home(Path("data"), {}).root == Path.cwd() / "data"
