// The brush paints over any area of the map, by mouse, touch or keys; what is painted is hidden like parts.
page.brush = (element, announce) => {
    const RADIUS = 2.5, STEP = 2;  // of the brush and of an arrow key, in pixels of the picture
    const EVERY = 150;  // milliseconds between two questions during a stroke
    let on = false, spot = [0, 0], pointer = null, asked = 0;
    const map = () => element.querySelector('[role=listbox]');

    const show = () => {
        element.classList.toggle('brushing', on);
        element.querySelector('[data-do=brush]')?.setAttribute('aria-pressed', String(on));
        const ring = element.querySelector('.ring');
        ring?.setAttribute('cx', spot[0]);
        ring?.setAttribute('cy', spot[1]);
    };
    const moveTo = place => {
        spot = place.map(along => Math.min(SIDE - 0.5, Math.max(0.5, along)));
        show();
    };
    const dab = ([x, y]) => {
        const {painted} = hiding.now;
        for (let row = Math.max(0, Math.floor(y - RADIUS)); row < Math.min(SIDE, y + RADIUS); row++)
            for (let column = Math.max(0, Math.floor(x - RADIUS)); column < Math.min(SIDE, x + RADIUS); column++)
                if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= RADIUS) painted[row * SIDE + column] = 1;
    };
    const begin = () => {
        hiding.past.push(hiding.now);
        hiding.now = {...hiding.now, painted: hiding.now.painted.slice()};
    };
    const paintTo = place => {  // from the spot, without gaps
        const [x, y] = spot, steps = Math.max(1, Math.ceil(Math.hypot(place[0] - x, place[1] - y)));
        for (let step = 1; step <= steps; step++)
            dab([x + (place[0] - x) * step / steps, y + (place[1] - y) * step / steps]);
        moveTo(place);
        hiding.show();
    };
    const placeOf = event => {
        const box = map().getBoundingClientRect();
        return [SIDE * (event.clientX - box.left) / box.width, SIDE * (event.clientY - box.top) / box.height];
    };
    const under = () => {  // the name of the part at the spot
        const box = map().getBoundingClientRect();
        const place = spot.map(along => (along + 0.1) / SIDE);
        const part = document.elementFromPoint(box.left + place[0] * box.width, box.top + place[1] * box.height);
        return part?.closest('[role=option]')?.getAttribute('aria-label').split(':')[0] ?? '';
    };
    const turn = state => {
        on = state && Boolean(map());
        pointer = null;
        moveTo([SIDE / 2, SIDE / 2]);
        announce();
        if (on) map().focus({preventScroll: true});
    };
    const walk = (across, down) => {
        moveTo([spot[0] + STEP * across, spot[1] + STEP * down]);
        announce(under());
    };
    const paint = () => {
        begin();
        paintTo(spot);
        hiding.send();
    };

    element.addEventListener('pointerdown', event => {
        if (!on || pointer !== null || event.button || !event.target.closest('[role=listbox]')) return;
        pointer = event.pointerId;
        map().setPointerCapture(pointer);
        moveTo(placeOf(event));
        begin();
        paintTo(spot);
    });
    element.addEventListener('pointermove', event => {
        if (!on || !map() || (pointer !== null && event.pointerId !== pointer)) return;
        if (pointer === null) return event.target.closest('[role=listbox]') && moveTo(placeOf(event));
        paintTo(placeOf(event));
        if (Date.now() - asked < EVERY) return;
        asked = Date.now();
        hiding.send();
    });
    for (const type of ['pointerup', 'pointercancel'])
        element.addEventListener(type, event => {
            if (event.pointerId !== pointer) return;
            pointer = null;
            hiding.send();
        });
    return {
        isOn: () => on,
        turn,
        show,
        keys: {
            ArrowLeft: () => walk(-1, 0), ArrowRight: () => walk(1, 0), ArrowUp: () => walk(0, -1),
            ArrowDown: () => walk(0, 1), Enter: paint, ' ': paint,
            Escape: () => {
                turn(false);
                element.querySelector('[data-do=brush]').focus();
            },
        },
    };
};
