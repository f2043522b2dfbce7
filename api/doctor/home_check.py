"""Whether the register is served where it was served last: asked by `xueshi doctor`, at `/readyz` and of the page.

`tests/api/test_served_where.py` shows it.
"""

from __future__ import annotations

from api.doctor.checks import Answer, Level
from api.register.folder import Folder
from api.register.home import strange


def home(folder: Folder) -> Answer:
    """Two copies that serve in turn make two histories under one name: of a copy somebody says that the other ended."""
    if told := strange(folder):
        cure = "先查明那里是否还在服务：两份轮流服务就成了两段历史；确已停用的，停止服务，运行 xueshi log served-here"
        return Level.WARN, told, cure
    return Level.OK, "没有迹象表明这是一份副本", ""
