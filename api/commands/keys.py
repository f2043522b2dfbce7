"""`xueshi keys`: the care for the keys: what they are, their copies, the master key, the keys that sign.

`tests/api/test_keys_command.py` shows it; `api/operators-guide.md` says when to do what.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.keys_show import show
from api.commands.keys_sign import learn, retire, sign_with_new
from api.commands.options import as_json_option, data_option
from api.register.folder import made_folder
from api.terminal.exits import Exit, Stop
from api.words.telling import day

if TYPE_CHECKING:
    from api.settings import Settings
    from ledger.keys.file import KeyFile, Master
    from ledger.keys.master import MasterKey
    from ledger.keys.rewrap import Rewrapped
    from ledger.keys.vault import Vault
    from ledger.ledger import Ledger


@click.group()
def keys() -> None:
    """密钥：查看、备份、到期、恢复，更换主密钥和签名密钥"""


for command in (show, sign_with_new, retire, learn):
    keys.add_command(command)


@keys.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@data_option
@as_json_option
@click.option("--days", type=click.IntRange(1, 3_650), default=30, help="保留多少天（默认 30）：销毁在此之后才是最终的")
def backup(folder: Path, data_folder: Path | None, as_json: bool, days: int) -> None:
    """把密钥库备份到另一个文件夹（服务运行时也可用），到期须删除

    主密钥和签名密钥从不在其中：它们与密钥库放在一起，密封的内容就等于没有密封。
    """
    from api.register.folder import folder_of
    from api.register.vault_place import master_file, vault_of
    from api.settings import load
    from ledger.keys.backup import back_up

    settings = load({"data_folder": data_folder})
    here = folder_of(settings)
    _demand_vault(settings)
    master = master_file(settings)
    _demand_apart(folder, here.root, master)
    made_folder(folder)
    with closing(vault_of(settings)) as vault:
        made = back_up(vault.file, folder, origin=settings.origin, days=days)
        count, make = vault.file.count(), vault.file.masters()[-1].make
    if as_json:
        body = {"backup": made.name, "place": made.place, "keys": count, "expires": day(made.expires), "master": make}
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    click.echo(f"✓ {count} 把密钥已备份到 {made.place}/{made.name}，保留到 {day(made.expires)}。")
    click.echo("  到期后运行 xueshi keys expire 删除；此前销毁的密钥，到那时才是最终销毁。")
    click.echo(f"  其中没有主密钥（{make}）和签名密钥（{here.keys}/*.signing.key）：请各存一份，与本备份分开保管。")


@keys.command()
@data_option
@as_json_option
@click.option("--gone", multiple=True, metavar="NAME", help="确认这份备份已在别处删除（可给多个）")
@click.option("--now", "early", multiple=True, metavar="NAME", help="不等到期，现在就删除这份备份（可给多个）")
def expire(data_folder: Path | None, as_json: bool, gone: tuple[str, ...], early: tuple[str, ...]) -> int:
    """删除已到期的密钥备份；找不到的，待人确认已删除

    还有到期而未确认删除的备份时，退出码为 1。
    """
    from ledger.keys.backup import NoSuchBackup, due, note_removed, remove

    removed: list[str] = []
    with _file(data_folder) as file:
        for name in gone:
            note_removed(file, name)
        waiting = due(file, _now())
        known = {copy.name: copy for copy in file.copies() if copy.removed is None}
        for name in early:
            if name not in known:
                raise NoSuchBackup(name)
            waiting.append(known[name])
        left = []
        for copy in dict.fromkeys(waiting):
            if remove(file, copy):
                removed.append(copy.name)
            else:
                left.append(copy)
        final = [each for each in file.destructions() if each.is_final]
        open_ = [each for each in file.destructions() if not each.is_final]
    if as_json:
        body = {"removed": [*gone, *removed], "left": [f"{copy.place}/{copy.name}" for copy in left],
                "final": len(final), "not_final": len(open_)}
        click.echo(json.dumps(body, ensure_ascii=False))
        return Exit.REFUSED if left else Exit.HOLDS
    for name in gone:
        click.echo(f"✓ {name}：已登记为在别处删除。")
    for name in removed:
        click.echo(f"✓ {name}：已删除。")
    for copy in left:
        click.echo(f"✗ {copy.name}：应于 {day(copy.expires)} 删除，但在 {copy.place} 中找不到。")
        click.echo(f"  请在它现在的所在处删除，然后运行 xueshi keys expire --gone {copy.name}")
    if not (gone or removed or left):
        click.echo("没有到期的密钥备份。")
    click.echo(f"已销毁的密钥：{len(final)} 把最终销毁，{len(open_)} 把尚有备份未到期或未确认删除。")
    return Exit.REFUSED if left else Exit.HOLDS


@keys.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@data_option
@as_json_option
@click.option("--although-expired", is_flag=True, help="虽已到期仍然恢复（别无其他备份时；请登记原因）")
def restore(folder: Path, data_folder: Path | None, as_json: bool, although_expired: bool) -> None:
    """从备份恢复密钥库（须先停止服务）：账本所记的每次销毁都重做一遍

    账本须已在：已销毁的密钥不会因恢复而回来。主密钥须另行放好。
    """
    from api.keeping.restore import having
    from api.register.folder import folder_of
    from api.register.forgetting import drop_names
    from api.register.home import known_to_lack
    from api.register.register import demand_whole
    from api.settings import load
    from ledger.keys import restore as key_restore

    settings = load({"data_folder": data_folder})
    here = folder_of(settings)
    with having(here):
        demand_whole(settings)  # A log that is only half in place does not say yet who was forgotten.
        manifest = key_restore.checked(folder, although_expired=although_expired)
        waiting = key_restore.laid_out(folder, here.people)
        try:
            with _waiting_vault(waiting, manifest.master, settings) as vault:
                with _ledger(settings, vault) as ledger:
                    key_restore.demand_ours(folder, manifest, ledger.store)
                    size = ledger.store.size()
                    neighbours = sorted(folder.absolute().parent.glob("xueshi-keys-*"))
                    done = key_restore.reconcile(vault, ledger.store, neighbours)
                forgotten = drop_names(settings, vault)
            known_to_lack(here, size)  # Before: killed in between, the next start would take it for another folder's.
            _put_in_place(settings, waiting)
        finally:
            key_restore.discard(waiting)
    if as_json:
        body = {"restored": manifest.name, "taken": manifest.taken, "forgotten": forgotten, **done._asdict()}
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    click.echo(f"✓ 已恢复 {manifest.taken} 的密钥库，共 {done.keys} 把密钥。")
    if done.destroyed_again:
        click.echo(f"  备份之后销毁的 {len(done.destroyed_again)} 把已按账本重新销毁，没有一把回来。")
    if forgotten:
        click.echo(f"  账本比密钥库旧，还有 {forgotten} 名已忘记的人的保留名称：已删去。")
    if done.missing:
        click.echo(f"⚠ {len(done.missing)} 把密钥在这份备份之后才建立，已无法找回：{'、'.join(done.missing[:5])}"
                   f"{' 等' if len(done.missing) > 5 else ''}。")
        click.echo("  其姓名、证件号码等密封内容从此不可读，须凭原件重新登记；全部编号可用 --json 列出。证明不受影响。")
    click.echo("  请运行 xueshi fsck 核对，再启动服务；然后另做一份密钥备份。")


@keys.command()
@click.option("--to", required=True, metavar="MAKE", help="文件（file:路径，没有则新建）或程序（command:绝对路径）")
@data_option
@as_json_option
def rewrap(to: str, data_folder: Path | None, as_json: bool) -> None:
    """把所有密钥改由另一个主密钥包裹，不动账本；中断可再运行

    服务运行时只作准备，停止服务后再运行一次才切换。切换前原主密钥打开一切，切换后新的打开一切。
    """
    from api.register.folder import folder_of
    from api.register.occupancy import Served, occupying
    from api.register.vault_place import people_of, vault_of
    from api.settings import load
    from api.terminal.progress import bar
    from ledger.keys.makes import make_of, open_master
    from ledger.keys.rewrap import finished, prepare, switch
    from ledger.keys.ring import open_keys

    settings = load({"data_folder": data_folder})
    here = folder_of(settings)
    _demand_vault(settings)
    make, people = _make(to), people_of(settings)
    with closing(_following(make, here.keys)) as following, closing(open_keys(people)) as file:
        if (done := finished(file, following)) is not None:
            _tell_rewrapped(file, None, done, settings, as_json)
            return
        vault_of(settings).close()  # The present master key opens what is here, and an older vault learns its name.
        with closing(open_master(make_of(people, settings.master_key), here.keys)) as present:
            try:
                with occupying(here.root), bar("换主密钥", quiet=as_json) as progress:
                    prepare(file, present, following, progress)
                    result = switch(file, present, following, progress)
            except Served as served:
                with bar("准备", quiet=as_json) as progress:
                    ready = prepare(file, present, following, progress)
                message = f"已为 {ready} 把密钥备好 {make}；服务 {served.address} 正在运行，尚未切换，原主密钥仍有效"
                cure = "请停止服务，再运行一次同样的命令完成切换"
                raise Stop(Exit.REFUSED, "rewrap_prepared", message, cure) from None
        _tell_rewrapped(file, result, result.present, settings, as_json)


def _tell_rewrapped(
    file: KeyFile, result: Rewrapped | None, present: Master, settings: Settings, as_json: bool
) -> None:
    from ledger.keys.makes import make_beside
    from ledger.keys.master import FILE

    formers = [each for each in file.masters() if each.serial < present.serial]
    former = formers[-1] if formers else None
    copies = [] if former is None else [
        each for each in file.copies() if each.removed is None and each.master <= former.serial]
    needed = max((each.expires for each in copies), default=None)
    wanted = "file" if present.make.startswith(FILE) else present.make  # Which file, the vault says itself.
    is_set = wanted == settings.master_key or make_beside(settings.master_key, file.folder) == present.make
    if as_json:
        body = {"keys": file.count(), "present": present.make, "former": former and former.make,
                "former_needed_until": needed and day(needed), "is_setting_right": is_set}
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    if result is None:
        click.echo(f"✓ 密钥库已由 {present.make} 包裹（{day(present.since)} 起），无需再换。")
    else:
        click.echo(f"✓ {result.keys} 把密钥已改由 {present.make} 包裹，逐一打开核对无误；账本没有改动。")
    if not is_set:
        source = settings.sources["master_key"]
        if source.startswith("环境变量"):  # It comes before the file: a line there would change nothing.
            click.echo(f"⚠ {source} 还是 {settings.master_key}：请让它指向新的主密钥，服务才能启动。")
            click.echo("  由 systemd 的单元交来的，换下单元所读的文件：见 api/operators-guide.md 第四、五节。")
        else:
            click.echo(f'⚠ 请把设置改为 master_key = "{wanted}"，服务才能启动。')
    if former is not None and needed is not None:
        click.echo(f"  原主密钥 {former.make} 须保留到 {day(needed)}：其下还有 {len(copies)} 份密钥备份。")
    elif former is not None:
        click.echo(f"  原主密钥 {former.make} 之下已没有密钥备份：新主密钥另存之后，即可销毁原主密钥。")
    click.echo("  请立即另存一份新主密钥，并做一次 xueshi keys backup。")


def _following(make: str, folder: Path) -> MasterKey:
    """Open the master key that is to follow; a file that is not there is made."""
    from ledger.keys.makes import open_master
    from ledger.keys.master import FILE, FileMasterKey

    path = Path(make.removeprefix(FILE))
    if make.startswith(FILE) and not path.exists():
        try:
            return FileMasterKey.create(path)
        except OSError as error:
            message = f"无法建立主密钥文件 {path}（{error.strerror}）"
            raise Stop(Exit.WORLD_IS_WRONG, "master_key_not_made", message, "请检查该文件夹") from error
    return open_master(make, folder)


def _make(given: str) -> str:
    kind, _, path = given.partition(":")
    if kind not in ("file", "command") or not path:
        cure = "应为 file:路径 或 command:程序的绝对路径"
        raise Stop(Exit.BAD_INPUT, "bad_master_key", f"--to {given} 不是主密钥的所在", cure)
    return f"{kind}:{Path(path).absolute()}"


def _demand_vault(settings: Settings) -> None:
    from api.register.vault_place import has_vault, people_of

    if not has_vault(settings):
        people = people_of(settings)
        shown = people if isinstance(people, Path) else people.shown
        cure = "请用 --data 指定数据文件夹；若密钥库丢失，请用 xueshi keys restore 从备份恢复"
        raise Stop(Exit.WORLD_IS_WRONG, "keys_missing", f"这里没有密钥库 {shown}", cure)


def _demand_apart(folder: Path, root: Path, master: Path | None) -> None:
    """A copy beside the original is lost with it; one beside the master key is open to whoever finds it."""
    cure = "请换一个文件夹，最好在另一台机器或介质上"
    if folder.resolve().is_relative_to(root.resolve()):
        raise Stop(Exit.BAD_INPUT, "backup_beside_original", f"{folder} 在数据文件夹里，会与原件一同丢失", cure)
    if master is not None and master.resolve().is_relative_to(folder.resolve()):
        raise Stop(Exit.BAD_INPUT, "backup_beside_master", f"主密钥 {master} 就在 {folder} 里，备份等于没有加密", cure)


def _put_in_place(settings: Settings, waiting: Path) -> None:
    """Let what was laid out be the vault: under its name, or in the database that has none."""
    from api.register.vault_place import people_of
    from ledger.keys.restore import put_in_place
    from ledger.keys.ring import open_keys

    if isinstance(people := people_of(settings), Path):
        put_in_place(waiting, people)
        return
    with closing(open_keys(people)) as tables:
        tables.take_over(waiting)


@contextmanager
def _waiting_vault(waiting: Path, make: str, settings: Settings) -> Iterator[Vault]:
    """Open a vault that was laid out, under the master key of its own time."""
    from ledger.keys.makes import OtherMake
    from ledger.keys.master import FILE, BadMasterKey, WrongKey
    from ledger.keys.vault import open_vault

    try:
        vault = open_vault(waiting, settings.master_key)
    except (BadMasterKey, OtherMake, WrongKey) as error:
        there = f"{FILE}{(waiting.parent / make.removeprefix(FILE)).absolute()}" if make.startswith(FILE) else make
        cure = f"请放好那一把，再以 XUESHI_MASTER_KEY={there} 运行本命令；恢复之后再 xueshi keys rewrap"
        message = f"这份备份是在主密钥 {make} 之下做的，设置 master_key = {settings.master_key} 打不开它"
        raise Stop(Exit.WORLD_IS_WRONG, error.code, message, cure) from error
    with closing(vault):
        yield vault


@contextmanager
def _ledger(settings: Settings, vault: Vault) -> Iterator[Ledger]:
    """Open the ledger over another vault; one that is not there is not made."""
    from api.register.folder import folder_of
    from api.register.register import SCHEMAS
    from ledger.ledger import Ledger

    path = folder_of(settings).ledger
    if not settings.database and not path.exists():
        cure = "请先用 xueshi restore 恢复账本：它记载了哪些密钥已销毁"
        raise Stop(Exit.WORLD_IS_WRONG, "no_register", f"没有账本 {path}，不能恢复密钥库", cure)
    ledger = Ledger.in_postgres(settings.database, vault, schema=SCHEMAS[0]) if settings.database else \
        Ledger.in_file(path, vault)
    with closing(ledger):
        if ledger.store.size() == 0:
            cure = "请先用 xueshi restore 恢复账本：它记载了哪些密钥已销毁"
            raise Stop(Exit.WORLD_IS_WRONG, "no_register", "账本是空的，不能恢复密钥库", cure)
        yield ledger


@contextmanager
def _file(data_folder: Path | None) -> Iterator[KeyFile]:
    from api.register.vault_place import people_of
    from api.settings import load
    from ledger.keys.ring import open_keys

    settings = load({"data_folder": data_folder})
    _demand_vault(settings)
    with closing(open_keys(people_of(settings))) as file:
        yield file


def _now() -> int:
    import time

    return time.time_ns() // 1_000
