// The map to play with: point at a part to read about it, click it to hide it. Keys: arrows, Enter, Escape.
page.map = (element, trigger, watch) => {
    let pointed = null;
    hiding.tell = data => trigger('input', data);

    const point = number => {
        pointed = number;
        for (const part of partsOfMap()) part.classList.toggle('pointed', numberOf(part) === number);
        const part = number === null ? null : element.querySelector(`#part-${number}`);
        const tip = element.querySelector('.tip'), map = element.querySelector('[role=listbox]');
        const standing = brush.isOn() ? tip.dataset.brush : tip.dataset.start;
        tip.textContent = part?.getAttribute('aria-label') ?? standing ?? '';
        if (part) map.setAttribute('aria-activedescendant', part.id);
        else map?.removeAttribute('aria-activedescendant');
    };
    const middleOf = part => {
        const box = part.getBBox();
        return [box.x + box.width / 2, box.y + box.height / 2];
    };
    const walk = (across, down) => {  // to the nearest part in a direction, those straight ahead first
        const here = pointed === null ? null : element.querySelector(`#part-${pointed}`);
        const [x, y] = here ? middleOf(here) : [24, 24];
        let nearest = here, least = Infinity;
        for (const part of partsOfMap()) {
            const [partX, partY] = middleOf(part), [dx, dy] = [partX - x, partY - y];
            const ahead = dx * across + dy * down, beside = Math.abs(dx * down) + Math.abs(dy * across);
            if (part !== here && (!here || ahead > 0.5) && Math.abs(ahead) + 2 * beside < least)
                [nearest, least] = [part, Math.abs(ahead) + 2 * beside];
        }
        if (nearest) point(numberOf(nearest));
    };
    const brush = page.brush(element, words => {
        point(null);
        const said = element.querySelector('.said');
        if (said) said.textContent = words ?? (brush.isOn() ? element.querySelector('.tip').dataset.brush : '');
    });
    const togglePointed = () => { if (pointed !== null) hiding.toggle(pointed); };
    const keys = {
        ArrowLeft: () => walk(-1, 0), ArrowRight: () => walk(1, 0), ArrowUp: () => walk(0, -1),
        ArrowDown: () => walk(0, 1), Escape: () => point(null), Enter: togglePointed, ' ': togglePointed,
    };
    element.addEventListener('pointermove', event => {
        const part = event.target.closest('[role=option]');
        if (part && !brush.isOn() && numberOf(part) !== pointed) point(numberOf(part));
    });
    element.addEventListener('pointerleave', () => point(null));
    element.addEventListener('click', event => {
        const part = event.target.closest('[role=option]'), button = event.target.closest('[data-do]');
        if (button?.dataset.do === 'brush') brush.turn(!brush.isOn());
        else if (button) hiding[button.dataset.do]();
        else if (part && !brush.isOn()) hiding.toggle(numberOf(part));
    });
    element.addEventListener('keydown', event => {
        const act = event.target.closest('[role=listbox]') && (brush.isOn() ? brush.keys : keys)[event.key];
        if (!act) return;
        event.preventDefault();
        act();
    });
    watch('value', () => {
        const map = element.querySelector('[role=listbox]');
        if (!map) brush.turn(false);
        brush.show();
        hiding.follow(map?.dataset.key);
        point(partsOfMap().some(part => numberOf(part) === pointed) ? pointed : null);
    });
};

page.parts = (element, trigger, watch) => {
    let all = false;
    const show = () => {
        follow(element);
        hiding.show();
        element.querySelector('.rest')?.classList.toggle('shown', all);
        const button = element.querySelector('.show-all');
        if (!button) return;
        button.setAttribute('aria-expanded', String(all));
        button.textContent = all ? button.dataset.fewer : button.dataset.more;
    };
    element.addEventListener('change', event => hiding.toggle(Number(event.target.value)));
    element.addEventListener('click', event => {
        const button = event.target.closest('button');
        if (button?.dataset.do) hiding[button.dataset.do]();
        else if (button) {
            all = !all;
            show();
        }
    });
    watch('value', show);
};
