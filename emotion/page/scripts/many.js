// Several photos at once: one after another they are sent and looked at; the table grows by each.
page.many = {
    failed: () => {},  // Gradio tells in a corner what went wrong
    take: null,
    cancel: null,
    lay_out(element, trigger, watch) {
        let key = 0, underWay = 0, cancelled = false, tell = () => {};
        const table = () => element.querySelector('.batch');
        const doneOf = mine => Number(table()?.dataset.batch) === mine ? Number(table().dataset.done) : -1;
        watch('value', () => tell(true));
        page.many.failed = () => tell(false);
        // Trigger an event, and wait until the table has so many photos: whether it has; null where it was deleted.
        const ask = (event, mine, done, data) => new Promise(resolve => {
            if (mine !== key) return resolve(false);
            tell = answered => {
                if (!answered || mine !== key) resolve(false);
                else if (!table()) resolve(null);
                else if (doneOf(mine) >= done) resolve(true);
            };
            trigger(event, {key: mine, ...data});
        });
        const look = async (given, mine, done) => {
            let refused = await page.refusalOf(given);
            if (!refused) {
                try {
                    const path = await page.upload(given, () => {});
                    const file = {path, meta: {_type: 'gradio.FileData'}};
                    const answered = await ask('upload', mine, done, {file});
                    if (answered !== false) return answered;
                    refused = 'broken';
                } catch (why) {
                    refused = why;
                }
            }
            return ask('input', mine, done, {refused});
        };
        page.many.take = async files => {
            const mine = ++key;
            [underWay, cancelled] = [0, false];
            page.turnTo('many');
            let answered = await ask('input', mine, 0, {given: files.length});
            for (const [number, file] of files.slice(0, page.facts.mostPhotos).entries()) {
                if (!answered || mine !== key || cancelled) break;
                underWay = number + 1;
                answered = await look(file, mine, number + 1);
            }
            if (answered === false && mine === key && !cancelled) page.failed();
        };
        page.many.cancel = () => {
            if (cancelled || !element.querySelector('progress')) return;
            cancelled = true;
            trigger('input', {key, cancelled: underWay});
        };
        element.addEventListener('click', event => {
            const button = event.target.closest('button');
            if (button?.dataset.do) page.many.cancel();
            else if (button) {
                trigger('select', {kept: button.dataset.photo, place: button.dataset.place});
                page.turnTo('given', '#answer');
            }
        });
    },
};
