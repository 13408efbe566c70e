// The map to play with: point at a part to read about it, click it to hide it. Keys: arrows, Enter, Escape.
const partsOfMap = () => [...document.querySelectorAll('#map [role=option]')];
const numberOf = part => Number(part.id.split('-')[1]);
const isHidden = part => part.getAttribute('aria-selected') === 'true';

const hiding = {  // shared by the map and the list of parts
    past: [],
    tell: null,
    now: () => partsOfMap().filter(isHidden).map(numberOf),
    set(numbers, undone = false) {
        if (!undone) hiding.past.push(hiding.now());
        for (const part of partsOfMap()) part.setAttribute('aria-selected', String(numbers.includes(numberOf(part))));
        hiding.tell({hidden: numbers});
    },
    toggle(number) {
        const now = hiding.now();
        hiding.set(now.includes(number) ? now.filter(other => other !== number) : [...now, number]);
    },
    hideAll: () => hiding.set(partsOfMap().filter(part => part.dataset.side === 'for').map(numberOf)),
    undo: () => hiding.set(hiding.past.pop() ?? [], true),
    clear: () => hiding.set([]),
};

page.map = (element, trigger, watch) => {
    let pointed = null;
    hiding.tell = data => trigger('input', data);

    const point = number => {
        pointed = number;
        for (const part of partsOfMap()) part.classList.toggle('pointed', numberOf(part) === number);
        const part = number === null ? null : element.querySelector(`#part-${number}`);
        const tip = element.querySelector('.tip'), map = element.querySelector('[role=listbox]');
        tip.textContent = part?.getAttribute('aria-label') ?? tip.dataset.start ?? '';
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
    const togglePointed = () => { if (pointed !== null) hiding.toggle(pointed); };
    const keys = {
        ArrowLeft: () => walk(-1, 0), ArrowRight: () => walk(1, 0), ArrowUp: () => walk(0, -1),
        ArrowDown: () => walk(0, 1), Escape: () => point(null), Enter: togglePointed, ' ': togglePointed,
    };
    element.addEventListener('pointermove', event => {
        const part = event.target.closest('[role=option]');
        if (part && numberOf(part) !== pointed) point(numberOf(part));
    });
    element.addEventListener('pointerleave', () => point(null));
    element.addEventListener('click', event => {
        const part = event.target.closest('[role=option]');
        if (part) hiding.toggle(numberOf(part));
    });
    element.addEventListener('keydown', event => {
        if (!keys[event.key]) return;
        event.preventDefault();
        keys[event.key]();
    });
    watch('value', () => {
        if (!hiding.now().length) hiding.past = [];
        point(partsOfMap().some(part => numberOf(part) === pointed) ? pointed : null);
    });
};

page.parts = (element, trigger, watch) => {
    let all = false;
    const show = () => {
        follow(element);
        element.querySelector('.rest')?.classList.toggle('shown', all);
        const button = element.querySelector('.show-all');
        if (!button) return;
        button.setAttribute('aria-expanded', String(all));
        button.textContent = all ? button.dataset.fewer : button.dataset.more;
        for (const button of element.querySelectorAll('[data-do=undo], [data-do=clear]'))
            button.disabled = !hiding.now().length;
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
