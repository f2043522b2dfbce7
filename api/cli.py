"""`xueshi`: the command line. Each command lives in `api/commands/`, one module a noun, and is imported when called.

A command says yes by returning, no by raising `Stop`. Whatever else escapes is a bug: the person gets one line with
a trace id, the log gets the frames, and nobody gets the message, which might quote personal data.

`tests/api/test_cli.py` shows it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from api.terminal.chinese import ChineseFormatter, slip, usage_of
from api.terminal.exits import Exit, ReaderWentAway, Stop
from api.terminal.lazy import Lazy, LazyGroup

COMMANDS: Final = {
    "serve": Lazy("api.commands.serve:serve", "启动服务，并说明访问地址"),
    "init": Lazy("api.commands.init:init", "建立数据文件夹、密钥和一本空账"),
    "demo": Lazy("api.commands.demo:demo", "在空文件夹里写一本虚构的登记簿：多年的历史，同样的选项得到同样的内容"),
    "migrate": Lazy("api.commands.migrate:migrate", "在 PostgreSQL 中建立账本的表，或更新到本程序所需的版本"),
    "doctor": Lazy("api.commands.doctor:doctor", "检查本机是否具备运行条件，逐项给出处理办法"),
    "config": Lazy("api.commands.config:config", "查看设置及其来源"),
    "unit": Lazy("api.commands.unit:unit", "用人单位、部门和机构：登记、查看、核验，更名、变更地区或行业、并入、注销"),
    "actor": Lazy("api.commands.actor:actor", "经办账号：任用、权限、令牌、停用"),
    "account": Lazy("api.commands.account:account", "账号：口令、第二因素、具名令牌，列出和终止名下有效的令牌和会话"),
    "person": Lazy("api.commands.person:person", "专业技术人员：登记、查看、另发令牌，登记职称、离开，限制处理"),
    "erasure": Lazy("api.commands.erasure:erasure", "销毁个人信息：提出、等候、由另一人确认，或撤回；不能挽回"),
    "transfer": Lazy("api.commands.transfer:transfer", "单位匹配和变更：申请、确认、拒绝、撤回"),
    "claim": Lazy("api.commands.claim:claim", "学时申报：试办、提交、审核、认定、更正、冻结、撤销"),
    "draft": Lazy("api.commands.draft:draft", "申报草稿：保存、试办、提交、删去"),
    "evidence": Lazy("api.commands.evidence:evidence", "佐证文件：上传、列出、打开一项申报的"),
    "work": Lazy("api.commands.work:work", "待办：经办人权限之内的，或本人在办的"),
    "years": Lazy("api.commands.years:years", "个人年度学时：认定时的，和按细则评定的"),
    "year": Lazy("api.commands.year:year", "年度关账：固定一年的合计，此后的更正单独列出"),
    "timeline": Lazy("api.commands.timeline:timeline", "时间线：一个人、一个经办账号、一份文件或一个编号的每一件事"),
    "access": Lazy("api.commands.access:access", "查阅日志：谁为何看过谁的个人信息，每条可出具证明"),
    "duplicates": Lazy("api.commands.duplicates:duplicates", "共用同一活动、成果、证书或佐证的申报"),
    "differences": Lazy("api.commands.differences:differences", "认定与评定的差异：列出、说明、计数"),
    "training": Lazy("api.commands.training:training", "培训：年度计划、班次、名单、学时登记卡"),
    "import": Lazy("api.commands.imports:imports", "从其他系统的导入：试办、导入、放弃，未接受的行，更正回传，对账"),
    "hand-over": Lazy("api.commands.hand_over:hand_over", "移交：某个检查点之后认定、更正、撤销的记录，附证明，供导入"),
    "course": Lazy("api.commands.course:course", "公需科目课程，办理：发布、停止选课、选课、学习、登记学时"),
    "exam": Lazy("api.commands.exam:exam", "考试：场次和座位、报名、到场和成绩；课程目录，个人的选课和成绩"),
    "application": Lazy("api.commands.application:application", "职称申报：提出、审核、通过，资格和职称的取消，材料"),
    "eligibility": Lazy("api.commands.application:eligibility", "某日可否申报职称：按细则看学时，并计被取消的资格"),
    "findings": Lazy("api.commands.findings:findings", "核查线索：规则提示的，承办、转交、排除、属实、移送、立案"),
    "case": Lazy("api.commands.case:case", "监察案件：立案、冻结、结论、移送、办结；在办和已办结的"),
    "statement": Lazy("api.commands.statement:statement", "学时登记情况表：出具、查看、取得可离线核验的文件"),
    "rulebook": Lazy("api.commands.rulebook:rulebook", "账本中的细则：列出、查看，一人提出、另一人施行或不予施行"),
    "keys": Lazy("api.commands.keys:keys", "密钥：查看、备份、到期、恢复，更换主密钥和签名密钥"),
    "log": Lazy("api.commands.log:log", "查看日志，出具证明，签发检查点"),
    "witness": Lazy("api.commands.witness:witness", "为其他账本作见证：只为延续了上次所见的检查点联署"),
    "events": Lazy("api.commands.events:events", "事件的格式，以及整本日志的导出"),
    "verify": Lazy("api.commands.verify:verify", "离线核验情况表、证明、移送材料、检查点：说明核验了什么，不证明什么"),
    "archive": Lazy("api.commands.archive:archive", "归档：把已结束的一年写成冷存文件，凭公钥即可离线核验，逐条可证"),
    "export": Lazy("api.commands.export:export", "导出登记簿，供其他程序读取：Parquet，各列附中文说明"),
    "standby": Lazy("api.commands.standby:standby", "以备用数据库提供日志和证明：只读，每个答复都说明可能落后多少"),
    "fsck": Lazy("api.commands.fsck:fsck", "逐条重读账本，重建根、瓦片、版本与保留名称，指出第一处错误"),
    "backup": Lazy("api.commands.backup:backup", "把整个登记簿备份到一个新文件夹，服务运行时也可；或检查一份备份"),
    "restore": Lazy("api.commands.restore:restore", "核验一份备份并放到位：全部通过才动数据文件夹，中断可再运行"),
    "move": Lazy("api.commands.move:move", "把账本从 SQLite 搬到 PostgreSQL：逐字节复制，全部比较一致才算搬完"),
    "rebuild": Lazy("api.commands.rebuild:rebuild", "从账本重建投影（查询所用的表），或与现有的比较"),
    "projections": Lazy("api.commands.projections:projections", "查询所用的投影：处理到哪里、落后多少、重建进度"),
    "replay": Lazy("api.commands.replay:replay", "按另一套细则重放全部历史，报告谁多了谁少了、因哪一条"),
    "job": Lazy("api.commands.job:job", "作业：服务在后台做的重放、案件的批量处理和移送材料，查看进度和结果、取消"),
    "evaluate": Lazy("api.commands.evaluate:evaluate", "按学时登记细则核定：读入事实，输出认定，不用账本"),
    "rules": Lazy("api.commands.rules:rules", "细则：列出、对照原文、检查、比较两版、试算一条"),
}

click.Context.formatter_class = ChineseFormatter


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="xueshi-ledger", prog_name="xueshi", help="显示版本")
def cli() -> None:
    """学时账：登记不可悄悄改动的继续教育学时。

    退出码：0 成立或完成；1 不成立或被拒绝；2 输入有误；3 环境有误（无法读取、被占用、磁盘已满，或程序出错）。
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and end the process with the status of `api.terminal.exits`."""
    _hold_standard_streams()
    os.environ["PYTHONSAFEPATH"] = "1"  # Nor do processes of ours run what lies in the folder where somebody stands.
    sys.exit(int(run(arguments)))


def _hold_standard_streams() -> None:
    """Give the numbers 0, 1 and 2, where the caller closed them, to nothing: else the ledger's file would get one."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # Takes the lowest free number, which is this one.


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and say how it ended."""
    try:
        status = cli.main(arguments, prog_name="xueshi", standalone_mode=False)
        if sys.stdout is not None:  # Closed by the caller: the status is the answer.
            sys.stdout.flush()
        return status if isinstance(status, int) else Exit.HOLDS
    except Stop as stop:
        _say(f"{stop.message.rstrip('。')}。{stop.cure}" if stop.cure else stop.message, stop.code)
        return stop.status
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return Exit.BAD_INPUT
    except click.ClickException as error:
        _say(f"{slip(error).rstrip('。')}。用法见 {usage_of(error)}", "bad_usage")
        return Exit.BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except (BrokenPipeError, ReaderWentAway):
        # The reader has what it wanted (`xueshi ... | head`); leave nothing for the interpreter to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.READER_WENT_AWAY
    except Exception as error:
        return _explain(error)


def _explain(error: Exception) -> int:
    """An error of our packages speaks for itself; so do a setting and a disk that fails; anything else is a bug."""
    from api.settings import SettingsError
    from ledger.disk import disk_failure
    from ledger.errors import LedgerError
    from policies.errors import RulebookError
    from projections.errors import ProjectionError

    if sys.stdout is None and isinstance(error, AttributeError):
        _say("标准输出是关着的，答复写不出去。请接到一个文件或终端上；办理的结果可以另行查看", "stream_closed")
        return Exit.WORLD_IS_WRONG
    error = disk_failure(error) or error
    if isinstance(error, SettingsError):
        _say(str(error), "bad_setting")
        return Exit.BAD_INPUT
    if isinstance(error, LedgerError | ProjectionError | RulebookError):
        _say(str(error), getattr(error, "code", "rulebook_error"))
        return Exit.WORLD_IS_WRONG
    from api.telling.crash import keep

    trace_id, place = keep(error)
    _say(f"程序出错，追踪号 {trace_id}。详情（不含个人信息）已写入 {place}，请一并报告", "internal_error")
    return Exit.WORLD_IS_WRONG


_CONTROLS: Final = {number: f"\\x{number:02x}" for number in (*range(10), *range(11, 32), *range(127, 160))}
"""What a terminal would obey is shown instead: some of what is said comes from another ledger's service."""


def _say(text: str, code: str) -> None:
    ended = text if text.endswith(("。", "？")) else f"{text}。"
    click.echo(f"xueshi：{ended}[{code}]".translate(_CONTROLS), err=True)
