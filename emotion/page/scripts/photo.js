// Take a photo: from a file, a drop, the clipboard, the camera, the live mirror or the examples.
// The value of the component becomes the uploaded file, or the example's name; number makes each one new.
page.photo = (element, props) => {
    const give = element.querySelector('.give'), input = give.querySelector('input[type=file]');
    const video = give.querySelector('video'), preview = give.querySelector('.preview');
    const progress = give.querySelector('progress'), refused = give.querySelector('.refused');
    const {sentences} = page.facts;
    let number = 0, stream = null;

    const refuse = sentence => { refused.textContent = sentence; };
    const turnTo = state => {
        give.dataset.state = state;
        for (const name of ['given', 'many'])
            document.querySelector('#try').classList.toggle(name, state === name);
        document.querySelector('#try').classList.remove('large');
        if (state !== 'mirror') mirror.stop();
        if (state !== 'camera' && state !== 'mirror') show(null);
        give.querySelector(`[data-for=${state}] button`)?.focus();
    };
    const show = opened => {  // in the video; the camera's light goes out where it shows nothing
        stream?.getTracks().forEach(track => track.stop());
        stream = video.srcObject = opened;
    };
    const mirror = page.mirror({give, video, turnTo, refuse});
    const open = async (state, width, height) => {
        refuse('');
        const before = number;
        try {
            if (!navigator.mediaDevices) throw new Error();
            show(await navigator.mediaDevices.getUserMedia(
                {video: {facingMode: 'user', width: {ideal: width}, height: {ideal: height}}}));
        } catch {
            if (before !== number) return;
            turnTo('empty');
            return refuse(isSecureContext ? sentences.noCamera : sentences.insecure);
        }
        if (before !== number) return show(null);  // a photo was given meanwhile
        turnTo(state);
        if (state === 'mirror') mirror.start();
    };
    const begin = address => {
        refuse('');
        URL.revokeObjectURL(preview.src);
        preview.src = address;
        props.value = null;
        turnTo('given');
        return ++number;
    };
    const takeBack = sentence => {
        number++;
        props.value = null;
        turnTo('empty');
        refuse(sentence);
    };
    page.turnTo = (state, focus) => {  // to an answer or a table that is there, and the focus into it
        number++;
        refuse('');
        turnTo(state);
        progress.value = 1;
        const place = focus && document.querySelector(focus);
        if (place) Object.assign(place, {tabIndex: place.tabIndex}).focus();  // said, -1 lets a script set the focus
    };
    page.failed = () => takeBack(sentences.broken);  // Gradio tells in a corner what went wrong

    const take = async file => {
        const wrong = await page.refusalOf(file);
        if (wrong) return refuse(sentences[wrong]);
        const mine = begin(URL.createObjectURL(file));
        progress.value = 0;
        page.upload(file, share => { if (mine === number) progress.value = share; }).then(path => {
            if (mine !== number) return;
            progress.value = 1;
            props.value = {path, orig_name: String(mine), meta: {_type: 'gradio.FileData'}};
        }, why => { if (mine === number) takeBack(sentences[why]); });
    };
    const takeAll = files => {
        if (files.length > 1) page.many.take(files);
        else if (files.length) take(files[0]);
    };
    const takeFrom = transfer => {  // of a drop or the clipboard
        if (transfer.files.length) return takeAll([...transfer.files]);
        const text = transfer.getData('text/uri-list') || transfer.getData('text/plain');
        refuse(sentences[/^\s*(https?|data|blob):/.test(text) ? 'link' : 'nothingThere']);
    };

    const actions = {
        again: () => { page.many.cancel(); takeBack(''); input.focus(); },
        cancel: () => turnTo('empty'),
        camera: () => open('camera', 1280, 960),
        mirror: () => {
            mirror.anew();
            open('mirror', 640, 480);
        },
        goOn: () => open('mirror', 640, 480),
        anew: () => mirror.anew(),
        snap: () => {
            if (!video.videoWidth) return;  // it has not begun to show anything
            const canvas = Object.assign(document.createElement('canvas'),
                {width: video.videoWidth, height: video.videoHeight});
            canvas.getContext('2d').drawImage(video, 0, 0);
            canvas.toBlob(take, 'image/jpeg', 0.95);
        },
        paste: async () => {
            try {
                for (const item of await navigator.clipboard.read())
                    for (const type of item.types)
                        if (type.startsWith('image/')) return take(await item.getType(type));
            } catch { /* not allowed, or not there */ }
            refuse(sentences.nothingThere);
        },
    };
    element.addEventListener('click', event => {
        const button = event.target.closest('button');
        if (button?.dataset.do) actions[button.dataset.do]();
        else if (button?.dataset.example) {
            const mine = begin(button.querySelector('img').src);
            progress.value = 1;
            props.value = {example: button.dataset.example, number: mine};
        }
    });
    element.addEventListener('keydown', event => {
        if (event.key !== 'Escape' || give.dataset.state !== 'camera') return;
        actions.cancel();
        give.querySelector('[data-do=camera]').focus();
    });
    input.addEventListener('change', () => {
        takeAll([...input.files]);
        input.value = '';
    });
    document.addEventListener('paste', event => takeFrom(event.clipboardData));
    document.addEventListener('dragover', event => {  // beside the field too: else the browser would leave the page
        event.preventDefault();
        give.classList.add('dragged');
    });
    for (const type of ['dragleave', 'drop', 'dragend'])
        document.addEventListener(type, () => give.classList.remove('dragged'));
    document.addEventListener('drop', event => {
        event.preventDefault();
        takeFrom(event.dataTransfer);
    });
};
