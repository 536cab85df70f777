/** A small shop as SVG: its awning has the colour of the theme, its lights go on in dark mode. */
export function shop(name) {
  return `<svg class="shop" viewBox="0 0 420 400" role="img" aria-label="A small shop named ${name}">
  <ellipse class="ground" cx="210" cy="372" rx="200" ry="16"/>
  <g class="building">
    <path class="roof" d="M52 64h316l10 26H42z"/>
    <rect class="wall" x="52" y="88" width="316" height="280"/>
    <rect class="plinth" x="52" y="344" width="316" height="24"/>
    <rect class="board" x="84" y="102" width="252" height="40" rx="6"/>
    <text class="name" x="210" y="130" text-anchor="middle"${name.length > 15 ? ' textLength="236" lengthAdjust="spacingAndGlyphs"' : ''}>${name}</text>
  </g>
  <g class="window">
    <rect class="frame" x="76" y="196" width="164" height="132" rx="4"/>
    <rect class="glass" x="84" y="204" width="148" height="116"/>
    <path class="shelf" d="M84 268h148M84 320h148"/>
    <g class="goods">
      <rect x="96" y="242" width="20" height="26" rx="3"/><rect x="122" y="234" width="16" height="34" rx="3"/>
      <circle cx="160" cy="256" r="12"/><rect x="184" y="246" width="34" height="22" rx="3"/>
      <rect x="98" y="290" width="34" height="30" rx="3"/><circle cx="154" cy="307" r="13"/>
      <rect x="178" y="284" width="16" height="36" rx="3"/><rect x="200" y="296" width="20" height="24" rx="3"/>
    </g>
    <path class="shine" d="M92 204h30l-38 62v-48z"/>
  </g>
  <g class="door">
    <rect class="frame" x="262" y="196" width="84" height="172" rx="4"/>
    <rect class="leaf" x="270" y="204" width="68" height="164"/>
    <rect class="glass" x="280" y="216" width="48" height="84" rx="3"/>
    <circle class="knob" cx="328" cy="318" r="4"/>
    <g class="sign"><path d="M290 244l14-14 14 14"/><rect x="284" y="244" width="40" height="20" rx="4"/><text x="304" y="258" text-anchor="middle">OPEN</text></g>
  </g>
  ${awning(40, 340, 8)}
  <g class="plant"><path d="M50 346c-18-10-22-34-12-44 4 8 8 10 12 10 0-14 6-24 14-28 4 18 2 30-2 36 8-2 12-6 14-12 8 16-2 34-16 38z"/><path class="pot" d="M34 344h36l-5 28H39z"/></g>
</svg>`;
}

function awning(left, width, stripes) {
  const step = width / stripes;
  const parts = Array.from({ length: stripes }, (_, index) => {
    const x = left + index * step;
    const top = (at) => 52 + ((at - left) / width) * 316;
    const edges = `M${top(x)} 152H${top(x + step)}L${x + step} 200a${step / 2} 14 0 0 1-${step} 0z`;
    return `<path class="${index % 2 ? 'light' : 'full'}" d="${edges}"/>`;
  });
  return `<g class="awning">${parts.join('')}</g>`;
}
