// The live mirror: sends one frame of the camera at a time, the newest, and shows the answer as bars.
page.mirror = ({give, video, turnTo, refuse}) => {
    const SIDE = 320;  // pixels, the longer side of a frame
    const PAUSE = 100;  // milliseconds from one frame to the next, at least
    const PATIENCE = 4000, FIRST = 20000;  // milliseconds for an answer; for the first one, which may load something
    const TRIES = 3;
    const QUIET = 3000;  // milliseconds from one word of a screen reader to the next, at least
    const {sentences, target} = page.facts, address = `${location.pathname.replace(/\/?$/, '/')}mirror`;
    const live = give.querySelector('.live'), outline = give.querySelector('.outline');
    const canvas = document.createElement('canvas'), reached = new Set();
    let round = 0, place = '', begun, ended, spoken;  // round: each start and stop makes a new one

    const find = selector => live.querySelector(selector);
    const wait = milliseconds => new Promise(done => setTimeout(done, milliseconds));
    const post = options => fetch(address, {
        method: 'POST', headers: {'content-type': 'image/jpeg', ...place && {'x-place': place}}, ...options});
    const send = async () => {
        const scale = SIDE / Math.max(video.videoWidth, video.videoHeight);
        canvas.width = Math.round(scale * video.videoWidth);
        canvas.height = Math.round(scale * video.videoHeight);
        canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
        const body = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.85));
        const answer = await post({body, signal: AbortSignal.timeout(place ? PATIENCE : FIRST)});
        return [answer.status, answer.ok ? await answer.json() : null];
    };

    const showGame = () => {
        const won = reached.size === live.querySelectorAll('.bar').length;
        ended = won ? ended ?? performance.now() : null;
        find('.game').dataset.state = won ? 'won' : reached.size ? 'begun' : 'new';
        find('.count').textContent = reached.size;
        find('.seconds').textContent = Math.round((ended - begun) / 1000);
        return find(won ? '.won' : '.going').textContent;
    };
    const showBar = (bar, [share, percent, named]) => {
        bar.querySelector('i').style.width = `${100 * share}%`;
        bar.querySelector('.percent').textContent = percent;
        bar.classList.toggle('top', named);
        if (share > target) reached.add(bar.dataset.emotion);
        bar.classList.toggle('reached', reached.has(bar.dataset.emotion));
    };
    const speak = words => {
        if (performance.now() - spoken < QUIET || find('.spoken').textContent === words) return;
        find('.spoken').textContent = words;
        spoken = performance.now();
    };
    const show = ({sentence, box, bars}) => {
        find('.sentence').textContent = sentence;
        live.classList.toggle('blind', !bars);
        outline.hidden = !box;
        if (box) ['left', 'top', 'width', 'height'].forEach((side, at) => { outline.style[side] = `${100 * box[at]}%`; });
        if (bars) begun ??= performance.now();  // the game waits for the model and the first face
        if (bars) for (const bar of live.querySelectorAll('.bar')) showBar(bar, bars[bar.dataset.emotion]);
        speak(`${sentence} ${showGame()}`);
    };

    const rest = sentence => {
        turnTo('resting');
        give.querySelector('.resting [role=alert]').textContent = sentence;
    };
    const giveUp = sentence => {
        turnTo('camera');
        refuse(sentence);
    };
    const run = async () => {
        const mine = ++round;
        let tries = 0;
        while (mine === round) {
            const next = wait(PAUSE);
            if (!video.checkVisibility()) return rest(sentences.away);
            const [status, answer] = video.videoWidth ? await send().catch(() => [0]) : [];
            if (mine !== round) return;
            if (status === 200) {
                tries = 0;
                place = answer.place ?? '';
                show(answer);
            } else if (status === 410) return rest(sentences.over);
            else if (status === 409) return giveUp(sentences.yours);
            else if (status === 503) return giveUp(sentences.taken);
            else if (status !== undefined && status !== 429 && ++tries === TRIES) return giveUp(sentences.noMirror);
            await next;
        }
    };

    document.addEventListener('visibilitychange', () => {
        if (document.hidden && give.dataset.state === 'mirror') rest(sentences.away);
    });
    return {
        start() {
            live.replaceChildren(give.parentElement.querySelector('template.reflection').content.cloneNode(true));
            spoken = -Infinity;
            show({sentence: sentences.opening, box: null, bars: null});
            run();
        },
        stop() {
            round++;
            if (place) post({keepalive: true}).catch(() => {});  // others can have it
            place = '';
            live.replaceChildren();
            outline.hidden = true;
        },
        anew() {
            reached.clear();
            begun = null;
        },
    };
};
