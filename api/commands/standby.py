"""`xueshi standby`: serve the log and its proofs from a standby of the database."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands.listening import listen_options, place


@click.command()
@click.option("--data", "data_folder", type=click.Path(path_type=Path), help="数据文件夹（默认 ./data）")
@listen_options(8040)
@click.option("--primary", default="", help="主服务的网址：写入和个人信息的请求，告知到那里办理")
@click.option("--behind-most", "behind_most_s", type=click.IntRange(1, 86_400), default=60, show_default=True,
              help="落后超过这么多秒，就绪检查（/readyz）即答未就绪")
def standby(
    data_folder: Path | None, listen_host: str | None, listen_port: int | None, listen: str | None,
    primary: str, behind_most_s: int,
) -> None:
    """以备用数据库提供日志和证明：只读，每个答复都说明可能落后多少

    不登记，不给出个人信息，不签发检查点，不需要任何人的密钥。XUESHI_DATABASE 指向备用服务器；
    提升（promote）之后请改用 xueshi serve。
    """
    from api.settings import load
    from api.standby import serve

    where = place(listen, listen_host, listen_port)
    settings = load({"data_folder": data_folder, "listen_host": where.host, "listen_port": where.port})
    serve(settings, primary=primary, behind_most_s=behind_most_s,
          announce=lambda address: click.echo(f"备用服务（只读）已启动：{address}　状态：{address}/readyz"))
