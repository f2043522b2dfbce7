"""Field words: what each field of an event is called in Chinese, for whoever reads the log event by event.

A field has one word wherever it stands; where the same name means another thing in another event, the event's own word
goes first. Codes stay for programs. `tests/console/test_timeline_screens.py` finds an event's field that has no word.
"""

from __future__ import annotations

from typing import Final

FIELDS: Final = {
    "accepted": "接受", "access": "查阅记录", "account": "账号摘要", "act": "批次", "actor": "经办账号",
    "actors": "所涉账号", "address": "网络地址", "affiliation": "隶属", "against": "所对", "answered": "答对的互动",
    "answer_ms": "应答用时（毫秒）", "answer_spread_ms": "应答用时的离散（毫秒）",
    "application": "职称申报", "applied_on": "申报日期", "approval": "批准文件", "approved_by": "批准部门",
    "approver": "认定账号",
    "asked_on": "提出日期", "not_before": "不早于", "restricts": "随之限制处理",
    "article": "条款", "as_of": "截至事件", "assessed_centi": "核定学时", "assessment": "学时审核",
    "attended": "参加人数", "attended_half": "参加天数", "authors": "作者", "basis": "依据", "batch": "导入",
    "because": "缘由", "book_until": "报名截止", "booked": "报名人数", "booking": "座位",
    "before": "早于（微秒）", "leaf_hash": "原条目的哈希", "months": "保存几个月", "upto": "到第几条",
    "accepted_root": "已接受的根", "carried_by": "由谁带来", "checkpoint": "检查点", "entries": "学时记录数",
    "first": "最初的来历", "position": "来源的事件", "proven": "来源的证明", "since": "上次接受的条数",
    "still_open": "尚未办结", "total_centi": "合计学时", "totals_root": "合计的根",
    "by_rulebook": "取代它的细则", "by_statement": "取代它的情况表", "card": "登记卡",
    "card_of": "登记卡的出具单位", "case": "案件",
    "categories": "可以报送的科目",
    "category": "科目", "cause": "缘由", "certificate_issuer": "发证单位", "certificate_number": "证书编号",
    "challenge_minutes": "互动间隔（分钟）", "challenges": "互动次数", "chosen": "选择的条件",
    "changed_people": "有变化的人数",
    "changed_person_years": "有变化的人年", "characters": "字数", "chunk": "每段行数", "claim": "申报",
    "claims": "所涉申报", "classes_held": "举办班次", "clauses": "所依条款", "code": "代码", "committee": "评委会",
    "compared": "比对条数", "completed_by": "完成方式", "concerned": "所涉", "confirmed_centi": "确认学时",
    "consecutive": "连续年度", "continues": "所接续的日志", "correction_reason": "更正的说明",
    "course": "课程", "courses": "门数",
    "credit_code": "统一社会信用代码", "day": "日期", "days_half": "天数", "decided_by": "原经办",
    "decided_centi": "认定时计入", "decided_from": "认定自", "decided_until": "认定至", "decision": "原决定事件",
    "device": "设备",
    "differences": "差异条数",
    "digest": "摘要", "document": "文件号", "due": "期限", "duplicates": "重复", "earliest": "最早可申报",
    "earliest_year": "最早年度", "effect": "结果", "eligible": "是否符合", "email": "邮箱", "ended_at": "结束时刻",
    "ends": "止", "enrolment": "选课", "evaluated_centi": "评定时计入", "events": "所据事件",
    "events_count": "所据事件数", "evidence": "佐证", "evidence_on": "佐证日期", "exam": "考试场次",
    "facts_sha256": "事实摘要", "family": "细则系列", "fields": "更正的项目", "file_names": "文件名",
    "file_sha256": "文件摘要", "files": "文件摘要", "filed_on": "申报日期", "filed_with": "备案机关",
    "filing": "备案编号",
    "final_after": "最终生效", "finding": "结论", "findings": "所据事件", "flags": "标记", "format": "格式",
    "former": "原期限",
    "from_unit": "原单位", "further": "其他事实", "gained_centi": "增加学时", "gap_seconds": "间断秒数",
    "given_up_centi": "减少学时", "goal": "申报目标", "grade": "评估等级",
    "grown": "只增不减的证明", "hand": "经办", "headcount": "拟办人数",
    "heartbeats": "心跳次数", "held": "举办", "hours_centi": "学时", "id_kind": "证件种类", "id_number": "证件号码",
    "identity": "身份", "impact": "影响", "in_force_from": "施行日期", "into": "并入", "is_complete": "是否齐全",
    "issued_on": "出具日期",
    "item": "计划项目", "items": "项目", "joint_first": "共同第一作者", "key_sha256": "密钥摘要", "kind": "种类",
    "kinds": "资格", "last_day": "最后一天", "lasts": "期限种类", "law": "规则", "lessons": "课程安排",
    "level": "级别", "list_sha256": "名单摘要", "location": "地点", "log_size": "日志条数", "major": "专业",
    "map": "完整性映射", "map_event": "映射事件", "minimum_years": "最低年数", "minutes": "分钟", "month": "月份",
    "moved_entries": "变动条目", "moves": "已改期次数",
    "name": "名称", "name_normalised": "比对用名", "name_uncertain": "姓名待核",
    "newly_failed": "新未达标", "newly_passed": "新达标", "number": "编号", "obtained_on": "取得日期",
    "occasion": "同一活动", "office": "办理部门", "on": "日期", "one_a_year": "每年限一门",
    "opened_evidence": "打开过的佐证", "ordinary_centi": "一般可计", "organisation": "单位", "organiser": "办班单位",
    "organiser_level": "办班单位级别", "organiser_name": "办班单位名称", "organisers": "所涉办班单位",
    "origin": "来历", "outcome": "办结方式", "output": "同一成果", "override_reason": "认定更多的理由",
    "part": "第几部分", "participants": "完成人数", "parts": "共几部分", "party": "所要求的一方",
    "pass_mark_centi": "合格分", "full_mark_centi": "满分",
    "passed": "合格", "pattern": "模式", "people": "人数",
    "person": "人员", "person_years": "人年", "persons": "所涉人员", "phone": "电话", "place": "地点",
    "plan": "培训计划", "platform": "平台", "presence": "完整性证明", "present": "到场",
    "proposed_by": "提出人", "purpose": "目的",
    "rank": "排名", "reader": "查阅者", "reasons": "理由", "recipient": "受理部门", "recipients": "受理部门",
    "record": "来源记录号", "recorded_at": "来源记录时间", "region": "地区", "rejected": "拒绝", "released": "解冻",
    "report_sha256": "报告摘要", "resits": "补考次数", "result": "结果", "result_sha256": "结果摘要",
    "revision": "修订号", "role": "角色", "room": "教室", "root": "根", "route": "途径", "row": "行号",
    "rows": "行数", "rows_done": "已写行数", "rulebook": "细则", "rulebook_digest": "细则摘要",
    "rulebooks": "所依细则", "ruling": "评定", "sanction": "处理", "scope": "权限", "score_centi": "分数",
    "seat": "座位号", "seats": "座位数", "sector": "行业", "seen_root": "已公布的根", "seen_sha256": "检查点摘要",
    "seeks_funding": "申请财政资助",
    "seen_size": "已公布的条数", "series": "职称系列", "sha256": "摘要", "size": "条数", "snapshot_on": "快照日期",
    "snapshot_sha256": "快照摘要", "spread_ms": "心跳间隔的离散（毫秒）",
    "source": "来源", "standing": "身份类别", "started_at": "开始时刻", "starts": "起",
    "statement": "情况表", "status": "评定结果", "step": "环节", "steps": "办理环节", "study": "学习",
    "subject": "被查阅者", "subjects": "科数", "system": "来源系统", "text": "正文", "title": "名称",
    "title_obtained_on": "现职称取得日期", "to": "送往", "to_unit": "接收单位",
    "touched_applications": "所涉职称申报", "touched_titles": "所涉职称", "training_class": "培训班",
    "transfer": "单位变更", "under": "所按规则", "unit": "单位", "until": "至", "upon": "所据", "valid_on": "发生截至",
    "version": "版本", "versions": "所见版本", "what": "所看内容", "why": "缘由", "words": "说明", "year": "年度",
    "year_because": "改年度的理由", "years": "年度", "years_met": "达标年数", "years_needed": "所需年数",
}

OWN: Final = {
    "claim.assigned": {"to": "指定给"}, "person.registered": {"name": "姓名"}, "person.corrected": {"name": "姓名"},
    "claim.approved": {"year": "计入年度"}, "claim.corrected": {"year": "计入年度"},
    **{f"finding.{what}": {"finding": "线索"}
       for what in ("taken_up", "ruled_out", "substantiated", "referred", "linked")},
    "finding.given": {"finding": "线索", "to": "转交给"},
    "case.bulk_opened": {"effect": "处理", "rows": "项数"}, "case.bulk_listed": {"claims": "学时"},
    "case.bulk_closed": {"rows": "项数"}, "case.findings_taken": {"findings": "线索"},
    "case.material_requested": {"due": "提供限期", "source": "向谁要求", "what": "要求提供"},
    "case.widened": {"list_sha256": "清单摘要"},
    "import.opened": {"starts": "期间起", "ends": "期间止"}, "import.rows_set_aside": {"code": "缘由"},
}
"""Of some kinds of events, what their fields are called there."""

FLAGS: Final = {"by_analogy": "比照执行", "late_filing": "逾期备案", "override": "主管部门认定"}
COMPLETED_BY: Final = {"completion": "完成学习", "exam": "考试合格"}
ID_KINDS: Final = {
    "resident_id": "居民身份证", "hmt_residence_permit": "港澳台居民居住证",
    "foreign_permanent_residence": "外国人永久居留身份证", "passport": "护照",
    "mainland_travel_permit": "来往内地（大陆）通行证", "other": "其他证件",
}
UNIT_KINDS: Final = {
    "employer": "用人单位", "organiser": "培训举办单位", "department": "主管部门", "association": "协会",
    "committee": "职称评审委员会",
}
ORIGINS: Final = {"self": "本人申报", "batch": "名单登记", "auto": "自动登记", "import": "导入", "office": "部门登记"}
"""How a claim or a person came into the register."""
