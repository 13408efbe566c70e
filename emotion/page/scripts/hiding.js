// What is hidden of the face, by parts and by paint, with its one history: shared by the map, the brush and the list.
const SIDE = 48;  // of the picture that the network sees, in pixels
const NOTHING = {parts: [], painted: new Uint8Array(SIDE * SIDE)};  // painted: 1 where a pixel is, row by row
const partsOfMap = () => [...document.querySelectorAll('#map [role=option]')];
const numberOf = part => Number(part.id.split('-')[1]);

const hiding = {
    now: NOTHING,
    past: [],
    count: 0,  // of messages: of two that overtake each other, the page knows the last
    map: undefined,  // the key of the map that it is about
    tell: null,
    isNothing: () => !hiding.now.parts.length && !hiding.now.painted.includes(1),
    change(to) {
        hiding.past.push(hiding.now);
        hiding.turnTo(to);
    },
    turnTo(to) {
        hiding.now = {...hiding.now, ...to};
        hiding.show();
        hiding.send();
    },
    toggle(number) {
        const {parts} = hiding.now;
        hiding.change({parts: parts.includes(number) ? parts.filter(other => other !== number) : [...parts, number]});
    },
    hideAll: () => hiding.change({parts: partsOfMap().filter(part => part.dataset.side === 'for').map(numberOf)}),
    undo: () => hiding.past.length && hiding.turnTo(hiding.past.pop()),
    clear: () => hiding.change(NOTHING),
    send() {
        const {parts, painted} = hiding.now, bytes = new Uint8Array(painted.length / 8);
        painted.forEach((bit, place) => { bytes[place >> 3] |= bit << 7 - place % 8; });
        const packed = painted.includes(1) ? btoa(String.fromCharCode(...bytes)) : '';
        hiding.tell({hidden: parts, painted: packed, number: ++hiding.count});
    },
    follow(key) {  // the page has drawn a map, perhaps of another face or kind, or none
        if (key !== hiding.map) [hiding.map, hiding.now, hiding.past] = [key, NOTHING, []];
        hiding.show();
    },
    show() {
        for (const part of partsOfMap())
            part.setAttribute('aria-selected', String(hiding.now.parts.includes(numberOf(part))));
        document.querySelector('#map .painted')?.setAttribute('d', outlineOf(hiding.now.painted));
        for (const button of document.querySelectorAll('[data-do=undo]')) button.disabled = !hiding.past.length;
        for (const button of document.querySelectorAll('[data-do=clear]')) button.disabled = hiding.isNothing();
    },
};

const outlineOf = painted => {  // as a path of the SVG, a box for each run of pixels in a row
    let path = '';
    for (let start = 0, place = 0; place < painted.length; place++) {
        if (!painted[place]) start = place + 1;
        else if (!painted[place + 1] || (place + 1) % SIDE === 0) {
            path += `M${start % SIDE} ${Math.floor(start / SIDE)}h${place + 1 - start}v1h${start - place - 1}z`;
            start = place + 1;
        }
    }
    return path;
};
