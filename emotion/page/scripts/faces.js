// The photo with its faces: each is named where there is room, beside all faces. Of the others, and of the one that is
// pointed at, a line under the photo tells.
page.faces = (element, trigger, watch) => {
    const meet = (one, other) => one.left < other.right && other.left < one.right
        && one.top < other.bottom && other.top < one.bottom;
    const boxOf = (left, top, width, height) => ({left, top, right: left + width, bottom: top + height});

    const spotsBeside = (box, width, height) => {  // below, above, right, left of it: in the middle, or at an end
        const [across, down] = [[box.left, box.right - width], [box.top, box.bottom - height]].map(
            ([first, last]) => [(first + last) / 2, first, last]);
        return [
            ...across.map(left => boxOf(left, box.bottom, width, height)),
            ...across.map(left => boxOf(left, box.top - height, width, height)),
            ...down.map(top => boxOf(box.right, top, width, height)),
            ...down.map(top => boxOf(box.left - width, top, width, height)),
        ];
    };
    const place = (photo, boxes, labels, mayStandAside) => {  // a spot for each label, or none
        const taken = [...boxes];
        return labels.map((label, number) => {
            const spots = spotsBeside(boxes[number], label.offsetWidth, label.offsetHeight);
            const spot = (mayStandAside ? spots : spots.slice(0, 3)).find(one =>
                one.left >= 0 && one.top >= 0 && one.right <= photo.width && one.bottom <= photo.height
                && !taken.some(other => meet(one, other)));
            if (spot) taken.push(spot);
            return spot;
        });
    };
    const name = () => {
        for (const label of element.querySelectorAll('.placed')) label.classList.remove('placed');
        const faces = [...element.querySelectorAll('.large .face')];
        if (!faces.length) return;
        const photo = element.querySelector('.photo img').getBoundingClientRect();
        const boxes = faces.map(face => {
            const box = face.getBoundingClientRect();
            return boxOf(box.left - photo.left, box.top - photo.top, box.width, box.height);
        });
        for (const length of [0, 1]) {  // all with their percentages, each right below its face; else none
            const labels = faces.map(face => face.querySelectorAll('span')[length]);
            const spots = place(photo, boxes, labels, length === 1);
            if (length === 0 && spots.includes(undefined)) continue;
            labels.forEach((label, number) => {
                if (!spots[number]) return;
                const border = faces[number].clientLeft;
                label.style.left = `${spots[number].left - boxes[number].left - border}px`;
                label.style.top = `${spots[number].top - boxes[number].top - border}px`;
                label.classList.add('placed');
            });
            return;
        }
    };
    const tell = face => {
        const told = element.querySelector('.told');
        const input = (face ?? element.querySelector('.face:has(:checked)'))?.querySelector('input');
        if (told && input) told.textContent = input.getAttribute('aria-label');
    };
    const draw = () => { name(); tell(); };
    let count = 0;

    page.choices(element, trigger, watch);
    watch('value', () => {
        const faces = element.querySelectorAll('.face'), group = element.querySelector('[role=radiogroup]');
        const focused = element.contains(document.activeElement);
        const showAgain = () => {
            if (group) group.style.visibility = '';
            if (focused) element.querySelector('input:checked')?.focus();
        };
        draw();
        if (count && faces.length > count) {  // Gradio moves the old ones: unseen, so that nothing seems to move
            group.style.visibility = 'hidden';
            requestAnimationFrame(() => requestAnimationFrame(showAgain));
        } else showAgain();
        count = faces.length;
    });
    element.addEventListener('pointerover', event => tell(event.target.closest('.face')));
    element.addEventListener('pointerleave', () => tell());
    new ResizeObserver(draw).observe(element);
};

// What a closer look found beside them: shown large on request, since nothing moves by itself.
page.search = element => {
    element.addEventListener('click', event => {
        if (!event.target.closest('button')) return;
        document.querySelector('#try').classList.add('large');
        document.querySelector('#faces input:checked').focus();
    });
};
