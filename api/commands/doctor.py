"""`xueshi doctor`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.commands.options import as_json_option, data_option

MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}


@click.command()
@data_option
@click.option("--production", "for_production", is_flag=True, help="另查正式运行所需：权限、备份、签发、网址、留存等")
@as_json_option
def doctor(data_folder: Path | None, for_production: bool, as_json: bool) -> None:
    """检查本机是否具备运行条件，逐项给出处理办法

    每项为正常（ok）、请留意（warn）或有故障（fail）；有故障时退出码为 1。--production 的各项在运维手册里有说明。
    """
    from api.doctor.archive_check import archive_checks
    from api.doctor.asked_outside import outside_checks
    from api.doctor.checks import Level, found
    from api.doctor.database_checks import database_checks
    from api.doctor.machine_checks import machine_checks
    from api.doctor.register_checks import register_checks
    from api.settings import load
    from api.terminal.exits import Exit, Stop
    from api.witness.answered import answer_checks
    from api.witness.before_a_start import read_beforehand

    settings = load({"data_folder": data_folder})
    checks = [*machine_checks(settings), *register_checks(settings), *archive_checks(settings),
              *outside_checks(settings), *read_beforehand(settings), *answer_checks(settings),
              *database_checks(settings, for_production=for_production)]
    if for_production:
        from api.doctor.production_checks import production_checks

        stricter = {check.name: check for check in production_checks(settings)}  # What is asked anew is told once.
        checks = [stricter.pop(check.name, check) for check in checks] + [*stricter.values()]
    findings = [found(check) for check in checks]
    failed = [each.check for each in findings if each.level is Level.FAIL]
    if as_json:
        body = {
            "ok": not failed,
            "checks": [
                {"check": each.check, "level": each.level, "message": each.message, "cure": each.cure}
                for each in findings
            ],
        }
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
    else:
        for each in findings:
            mark, colour = MARKS[each.level]
            click.echo(f"{click.style(f'{mark} {each.level:<4}', fg=colour)}  {each.check:<16} {each.message}")
            if each.cure:
                click.echo(f"{'':21}→ {each.cure}")
    if failed:
        raise Stop(Exit.REFUSED, "not_fit", f"{len(failed)} 项不满足：{'、'.join(failed)}")
