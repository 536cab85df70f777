// Asks every second who answers now. When it is somebody else, the page is fetched again and fades over.
const news = document.getElementById('news');
let hideNews;

async function look() {
  const shown = document.querySelector('main').dataset;
  try {
    const response = await fetch('/version', { cache: 'no-store', signal: AbortSignal.timeout(3000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const now = await response.json();
    document.body.classList.remove('waiting');
    if (now.revision !== shown.revision) {
      await showNewPage();
      tell(`Revision ${now.revision.slice(0, 7)} has arrived`);
    } else if (now.pod !== shown.pod || now.image !== shown.image) {
      await showNewPage();
    }
    showUptime();
  } catch {
    document.body.classList.add('waiting');
    document.getElementById('pulse').textContent = 'no answer at the moment, asking again';
  }
}

async function showNewPage() {
  const response = await fetch('/', { cache: 'no-store' });
  const next = new DOMParser().parseFromString(await response.text(), 'text/html');
  const swap = () => {
    document.title = next.title;
    document.documentElement.style.cssText = next.documentElement.style.cssText;
    for (const link of ['link[rel=stylesheet]', 'link[rel=icon]']) {
      document.querySelector(link).href = next.querySelector(link).href;
    }
    document.querySelector('main').replaceWith(next.querySelector('main'));
  };
  if (!document.startViewTransition) return swap();
  // A browser that draws nothing at the moment keeps the transition for later: do not wait for it for ever.
  const late = new Promise((resolve) => setTimeout(resolve, 1000));
  await Promise.race([document.startViewTransition(swap).updateCallbackDone, late]);
}

function tell(text) {
  news.textContent = text;
  news.classList.add('shown');
  clearTimeout(hideNews);
  hideNews = setTimeout(() => news.classList.remove('shown'), 6000);
}

let started;
function showUptime() {
  const time = document.querySelector('time');
  if (time) started = new Date(time.dateTime);
  const seconds = Math.max(0, Math.round((Date.now() - started) / 1000));
  const [amount, unit] =
    seconds < 90 ? [seconds, 'second'] : seconds < 5400 ? [Math.round(seconds / 60), 'minute'] : [Math.round(seconds / 3600), 'hour'];
  document.getElementById('pulse').textContent = `this pod is up for ${amount} ${unit}${amount === 1 ? '' : 's'}, watching for new revisions`;
}

showUptime();
async function lookAgain() {
  if (document.visibilityState === 'visible') await look();
  setTimeout(lookAgain, 1000);
}
setTimeout(lookAgain, 1000);
