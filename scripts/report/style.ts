/** How the page looks on a screen and on A4 paper, lying. */
export const STYLE = `
:root { color-scheme: light; --ink: #1b2733; --soft: #5b6875; --line: #cfd8e0; --open: #b3362b; --closed: #8fb1cc; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 24px; color: var(--ink); background: #fff;
  font: 14px/1.6 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimSun", sans-serif; }
h1 { font-size: 24px; margin: 0 0 8px; }
h2 { font-size: 17px; margin: 28px 0 4px; padding-left: 10px; border-left: 4px solid #2f6690; }
.verdict { margin: 0; padding: 10px 14px; border-radius: 6px; font-weight: 600; }
.good { background: #e7f4ea; color: #1d5b2f; }
.bad { background: #fbeceb; color: #8c231b; }
nav { margin-top: 12px; display: flex; flex-wrap: wrap; gap: 4px 18px; }
a { color: #1f5d8c; }
.note, .none, footer p, figcaption { color: var(--soft); margin: 0 0 8px; font-size: 13px; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 5px 8px; text-align: left; vertical-align: top; }
thead th { background: #e8eef4; white-space: nowrap; }
tbody th { font-weight: 400; }
.n { text-align: right; white-space: nowrap; }
.s { white-space: nowrap; }
.minus { color: var(--open); }
.total td, .total th { font-weight: 700; background: #f5f8fa; }
figure { margin: 8px 0 16px; max-width: 820px; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 11px; fill: var(--soft); }
svg .day { text-anchor: middle; }
svg .scale { text-anchor: end; }
svg line { stroke: var(--line); }
.open { fill: var(--open); background: var(--open); }
.closed { fill: var(--closed); background: var(--closed); }
.key { display: inline-block; width: 12px; height: 12px; margin: 0 4px -1px 10px; }
footer { margin-top: 28px; border-top: 1px solid var(--line); padding-top: 8px; }
dl { display: flex; gap: 48px; margin: 8px 0 0; }
dl div { display: flex; gap: 8px; }
dd { margin: 0; width: 140px; border-bottom: 1px solid var(--ink); }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5px; }
  nav { display: none; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  figure { display: inline-block; width: 49%; }
  tr, figure, dl { break-inside: avoid; }
  h2, .note { break-after: avoid; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`
