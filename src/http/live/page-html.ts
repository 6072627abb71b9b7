/** The page before its first numbers: everything from the program comes over the feed, as text. */
export const PAGE_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>threadtally live</title>
<link rel="icon" href="/live/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/live/uplot.css">
<link rel="stylesheet" href="/live/page.css">
<script type="module" src="/live/page.js"></script>
</head>
<body data-state="connecting">
<a class="skip" href="#panels">Skip to the panels</a>
<header>
<h1>threadtally</h1>
<p id="state" role="status" aria-live="polite">Connecting</p>
<p id="clock"></p>
<nav aria-label="Sections"><ul id="sections"></ul></nav>
</header>
<main id="panels" tabindex="-1">
<noscript><p>The live page needs JavaScript. The same numbers stand at /metrics.</p></noscript>
<form id="sign-in" aria-labelledby="sign-in-title" hidden>
<h2 id="sign-in-title">Token</h2>
<p id="sign-in-hint">This page asks for the token that METRICS_TOKEN holds. It stays in this tab until you close it.</p>
<input type="text" name="username" autocomplete="username" value="metrics" readonly hidden>
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" aria-describedby="sign-in-hint sign-in-error" required>
<p id="sign-in-error" role="alert"></p>
<button type="submit">Show the page</button>
</form>
</main>
<footer><p>The last hour, a point every 5 seconds. <span id="open-link">The same numbers for scrapers: <a href="/metrics">/metrics</a></span><span id="guarded-link" hidden>The same numbers for scrapers stand at /metrics, for requests whose Authorization header has the token.</span></p><p id="left-out"></p></footer>
</body>
</html>
`;

/** The icon of the tab. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M2 13V8h2v5zm4 0V3h2v10zm4 0V6h2v7z" fill="#3b82f6"/></svg>
`;
