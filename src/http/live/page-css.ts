/** The page's own style. Colours have a contrast of 4.5 or more for text, in light and in dark. */
export const PAGE_CSS = `:root {
  color-scheme: light dark;
  --back: #f6f7f9; --card: #ffffff; --text: #1a1f29; --dim: #566072; --line: #d5dae2;
  --accent: #1d5fd1; --good: #17743a; --bad: #b3261e; --bar: #3b7ddd; --bar-2: #c2660a; --shade: #b9c2d0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #10141b; --card: #181e28; --text: #e6eaf1; --dim: #a3adbd; --line: #333c4b;
    --accent: #7fb0ff; --good: #6fd394; --bad: #ff9088; --bar: #5b9bf5; --bar-2: #eda04e; --shade: #4a566a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.4 system-ui, sans-serif; }
header, main, footer { padding: 0 1rem; max-width: 100rem; margin: 0 auto; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1.25rem; padding-top: .75rem; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 1.25rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
a { color: var(--accent); }
p { margin: .25rem 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1rem; list-style: none; margin: 0; padding: 0; }
nav a { display: inline-block; padding: .35rem 0; }
summary { padding: .35rem 0; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem; z-index: 1; }
#state { font-weight: 600; }
#clock { color: var(--dim); font-variant-numeric: tabular-nums; }
[data-state=live] #state { color: var(--good); }
[data-state=stale] #state, #sign-in-error { color: var(--bad); }
[data-state=stale] main section.panel { opacity: .75; }
.grid { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); align-items: start; }
.panel, form { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; min-width: 0; }
.panel.wide { grid-column: 1 / -1; }
.panel > p, .detail { color: var(--dim); font-size: .875rem; }
.chart { min-height: 170px; margin-top: .25rem; overflow: hidden; }
.legend { list-style: none; margin: .25rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .875rem; max-height: 8.5rem; overflow: auto; }
.legend, .tall {
  background:
    linear-gradient(var(--card) 40%, transparent) 0 0 / 100% 2rem no-repeat local,
    linear-gradient(transparent, var(--card) 60%) 0 100% / 100% 2rem no-repeat local,
    linear-gradient(var(--shade), transparent) 0 0 / 100% .75rem no-repeat scroll,
    linear-gradient(transparent, var(--shade)) 0 100% / 100% .75rem no-repeat scroll;
}
.swatch { display: inline-block; width: 1rem; height: .75rem; border-radius: 2px; margin-right: .35rem; }
.swatch.dashed { height: .25rem; margin-bottom: .2rem; background-image: linear-gradient(90deg, transparent 60%, var(--card) 60%); background-size: .4rem 100%; }
.scroll { overflow-x: auto; position: relative; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
caption { text-align: left; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { text-align: right; padding: .15rem .4rem; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th:first-child, td.text { text-align: left; overflow-wrap: break-word; font-weight: normal; }
th:first-child { min-width: 6.5rem; max-width: 18rem; }
.wide th:first-child { min-width: 13rem; max-width: none; }
.wide .detail { overflow-wrap: break-word; }
thead th { font-weight: 600; }
.tall { max-height: 20rem; overflow: auto; }
.bar { width: 40%; min-width: 5rem; }
.bar div { height: .8rem; float: left; background: var(--bar); border-radius: 2px; }
.bar div.second { background: var(--bar-2); }
.bar div.full { background: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem; margin: .5rem 0 0; }
dt { color: var(--dim); font-size: .875rem; }
dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.spark { width: 8rem; height: 1.5rem; display: block; margin-left: auto; }
.spark path { fill: none; stroke: var(--bar); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
@media (max-width: 40rem) {
  .panel thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .panel tr { display: flex; flex-wrap: wrap; align-items: center; gap: 0 .9rem; border-bottom: 1px solid var(--line); padding: .25rem 0; }
  .panel th, .panel td { border: 0; padding: .1rem 0; }
  .panel th:first-child { flex: 1 0 100%; min-width: 0; max-width: none; overflow-wrap: anywhere; }
  .panel td[data-head]:not([data-head=""])::before { content: attr(data-head) ' '; color: var(--dim); }
  .bar { flex: 1 0 6rem; width: auto; }
}
form { max-width: 28rem; margin-top: 1rem; }
form label { display: block; margin-top: .5rem; }
input, button { font: inherit; padding: .5rem; width: 100%; margin: .25rem 0; }
[hidden] { display: none; }
footer { padding-bottom: 1.5rem; color: var(--dim); font-size: .875rem; }
`;
