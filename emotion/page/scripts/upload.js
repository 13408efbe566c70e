// Files on their way: what can't be taken is known before it is sent.
// Both answer with a key of page.facts.sentences where something is wrong.
page.refusalOf = async file => {
    if (file.size > page.facts.largest) return '413';
    const bytes = await file.slice(0, 32).arrayBuffer().catch(() => new ArrayBuffer(0));
    return /^(\xff\xd8\xff|\x89PNG|GIF8|RIFF[^]{4}WEBP|[^]{4}ftyp(hei|hev|mif|msf))/.test(
        String.fromCharCode(...new Uint8Array(bytes))) ? null : 'noPicture';  // names and types lie
};
page.upload = (file, tell) => new Promise((resolve, reject) => {  // its path; tell hears which share has arrived
    const request = new XMLHttpRequest(), form = new FormData();
    form.append('files', file, 'photo');
    request.open('POST', `${location.pathname.replace(/\/?$/, '/')}gradio_api/upload`);
    request.responseType = 'json';
    request.upload.onprogress = event => tell(event.loaded / event.total);
    request.onerror = () => reject('unreached');
    request.onload = () => {
        if (request.status === 200) resolve(request.response[0]);
        else reject(request.status in page.facts.sentences ? String(request.status) : 'broken');
    };
    request.send(form);
});
