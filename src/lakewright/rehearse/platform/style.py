"""How the report's page looks, by day and by night."""

STYLE = """
:root{--ink:#1c2430;--soft:#5b6675;--line:#dfe4ea;--paper:#fff;--back:#f4f6f9;--good:#1a7f4b;--bad:#b3261e;
--accent:#2563a8;--executed:#d9f2e4;--accepted:#dceafa;--unchecked:#eceff3;--not-proven:#fdefd2}
@media (prefers-color-scheme:dark){:root{--ink:#e4e9f0;--soft:#98a4b3;--line:#313a46;--paper:#1b222c;--back:#12171e;
--good:#55c98b;--bad:#ff8a80;--accent:#78b1f0;--executed:#173d2b;--accepted:#1a3350;--unchecked:#2a323d;
--not-proven:#4a3a16}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 80px}
header{background:var(--paper);border:1px solid var(--line);border-top:6px solid var(--good);border-radius:12px;
padding:28px 32px}header.bad{border-top-color:var(--bad)}header p{margin:.4em 0;color:var(--soft)}
.over{text-transform:uppercase;letter-spacing:.08em;font-size:12px}h1{margin:.1em 0;font-size:32px;line-height:1.2}
h1 em{font-style:normal;color:var(--accent)}h2{font-size:19px;margin:0 0 14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}
.tiles div{background:var(--back);border-radius:10px;padding:14px 16px}.tiles strong{display:block;font-size:24px}
.tiles span{color:var(--soft);font-size:13px}section{background:var(--paper);border:1px solid var(--line);
border-radius:12px;padding:24px 28px;margin-top:20px;overflow-x:auto}.problems{border-color:var(--bad)}
.problems li{color:var(--bad);margin:.3em 0;overflow-wrap:anywhere}
.chip{display:inline-block;border-radius:99px;padding:2px 10px;font-size:12.5px;margin-right:6px;white-space:nowrap}
.chip.executed{background:var(--executed)}.chip.accepted{background:var(--accepted)}
.chip.unchecked{background:var(--unchecked)}.chip.not-proven{background:var(--not-proven)}
details{border-top:1px solid var(--line)}details:first-of-type{border-top:0}summary{cursor:pointer;padding:9px 0;
list-style-position:outside}.criterion summary{display:flex;gap:12px;align-items:center;list-style:none}
.criterion summary i{font-style:normal;width:1.3em;text-align:center;font-weight:700}.criterion summary b{flex:1}
.absent{display:flex;gap:12px;padding:9px 0;border-top:1px solid var(--line);color:var(--soft)}
.absent i{width:1.3em;text-align:center}.absent b{flex:1;font-weight:400}
.good>summary i,tr.good td:first-child{color:var(--good)}.bad>summary i,.bad>summary b,tr.bad td{color:var(--bad)}
table{border-collapse:collapse;width:100%;font-size:14px;margin:4px 0 14px}th{text-align:left;color:var(--soft);
font-weight:500;font-size:12.5px}th,td{padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:anywhere}td.number{text-align:right;font-variant-numeric:tabular-nums;padding-right:24px}
.bars>div{display:grid;grid-template-columns:minmax(150px,280px) 1fr 90px;gap:14px;align-items:center;padding:3px 0}
.bars .bar{background:var(--back);border-radius:5px;height:14px;overflow:hidden}.bar i{display:block;height:100%;
background:var(--accent);border-radius:5px}.bars span:last-child{text-align:right;font-variant-numeric:tabular-nums}
pre{background:var(--back);border-radius:8px;padding:14px;overflow-x:auto;font-size:12.5px}code{font-size:13px}
@media (max-width:640px){.bars>div{grid-template-columns:1fr 70px}.bars .bar{display:none}section,header{padding:18px}}
"""
