"""What Gradio says goes in; what this page says instead comes out: words to translate by, a script, a link's preview.

Gradio 6.31 has no setting for most of its words: they stand in its frontend, some in 33 languages, some in English
only. What it also keeps to itself is said here, in place: that a file is no picture, that there is no camera.
"""

import json
import re
from html import escape

from emotion.face.photo import FORMAT_NAMES
from emotion.server.gate import BROKEN, BUSY, FULL, MAX_UPLOAD, TOO_LARGE, TOO_SLOW

TRANSLATED = {
    "blocks.waiting_for_inputs": "The photo is still on its way. Expected it to be here. Wait a moment, and try again.",
    "common.built_with_gradio": "Built with Gradio",
    "common.download": "Save this picture",
    "common.logo": "logo",
    "upload_text.paste_clipboard": "Click to paste a photo",
}
"""Our words by Gradio's keys, for its own translation."""

LANGUAGES = (
    *("ar", "ca", "ckb", "de", "en", "es", "et", "eu", "fa", "fi", "fr", "he", "hi", "id", "ja", "ko", "lt", "nb"),
    *("nl", "pl", "pt", "pt-BR", "ro", "ru", "sv", "ta", "th", "tr", "uk", "ur", "uz", "zh-CN", "zh-TW"),
)
"""Those that Gradio would turn to by itself, as the visitor's browser has it, in the middle of an English page."""

NAMES = {
    "Capture from camera": "Camera",
    "Empty value": "No picture yet",
    "Exit fullscreen mode": "Back to the page",
    "Fullscreen": "Fill the screen",
    "Gradio footer navigation": "Made with",
    "More tabs": "More of this page",
    "Paste from clipboard": "Paste",
    "Remove Image": "Take the photo away",
    "Upload file": "File",
    "capture photo": "Take the snapshot",
    "grant webcam access": "Start the camera",
    "logo": "",  # beside the word
    "select input source": "Choose another camera",
    "select source": "Camera",
}
"""Names and titles of things by Gradio's."""

NO_PHOTO = f"This file can't be read as a picture. Choose a {FORMAT_NAMES} file."
LOST = (
    "The computer that runs this page can't be reached. Expected an answer. Wait: the page begins anew as soon as "
    "there is one, and then needs the photo once more."
)
UNREACHED = (
    "The computer that runs this page can't be reached. Expected an answer. Check the connection, and try again."
)
NOTHING_TO_PASTE = (
    "No picture could be pasted. Expected one that was copied, and a browser that lets this page read it. "
    "Copy it and try again, or give a photo from a file."
)
NO_CAMERA = (
    "No camera could be opened. Expected one that is connected, in use by no other program, and that this page may "
    "use. Allow it in the browser and click again, or give a photo from a file."
)
INSECURE = (
    "The browser opens no camera for this page. Expected its address to begin with https, or to be this computer's "
    "own. Give a photo from a file."
)
SENTENCES = [
    ["Connection to the server was lost", LOST],
    ["Connection errored out", UNREACHED],
    ["File(s) exceed the maximum allowed size", TOO_LARGE],
    ["HTTP 408", TOO_SLOW],
    ["HTTP 413", TOO_LARGE],
    ["HTTP 503", BUSY],
    ["HTTP 507", FULL],
    ["Invalid file type", NO_PHOTO],
    ["This application is currently busy", BUSY],
    [TRANSLATED["blocks.waiting_for_inputs"]] * 2,
    ["", BROKEN],
]
"""What is said where Gradio's message begins so, the first that fits."""

_FACTS = {
    "NAMES": NAMES,
    "SENTENCES": SENTENCES,
    "MAX_UPLOAD": MAX_UPLOAD,
    "TOO_LARGE": TOO_LARGE,
    "NO_PHOTO": NO_PHOTO,
    "LOST": LOST,
    "NOTHING_TO_PASTE": NOTHING_TO_PASTE,
    "NO_CAMERA": NO_CAMERA,
    "INSECURE": INSECURE,
}
SCRIPT = (
    f"const {', '.join(f'{name} = {json.dumps(fact)}' for name, fact in _FACTS.items())};"
    + r"""
const START = 'Click to start the camera';
let camera = START;
const all = (selector, change) => document.querySelectorAll(selector).forEach(change);
const set = (element, name, value) => { if (element.getAttribute(name) !== value) element.setAttribute(name, value); };
const put = (text, value) => { if (text && text.nodeValue !== value) text.nodeValue = value; };

const refuse = sentence => {
    all('#photo .refused', last => last.remove());
    if (!sentence) return;
    const told = Object.assign(document.createElement('p'), {className: 'refused', textContent: sentence});
    told.setAttribute('role', 'alert');
    document.querySelector('#photo').append(told);
};
const hear = text => {  // a message that Gradio shows in a corner: in place, where it has one
    if (text.dataset.heard) return;
    const sentence = SENTENCES.find(([start]) => text.textContent.startsWith(start))[1];
    text.dataset.heard = text.textContent = sentence;
    const given = document.querySelector('#photo img');
    const waiting = document.querySelector('#chart :is(.working, .empty)');
    const place = waiting ?? document.querySelector('#progress .status');
    const kind = waiting ? 'answer' : 'status';
    if (given) Object.assign(place, {className: `${kind} failed`, textContent: sentence});
    else refuse(sentence);
    if (sentence !== LOST)
        text.closest('[data-testid=toast-body]').querySelector('[data-testid=toast-close]').click();
};
const mend = () => {
    set(document.documentElement, 'lang', 'en');
    for (const kind of ['aria-label', 'title', 'alt'])
        all(`[${kind}]`, element => {
            const name = NAMES[element.getAttribute(kind)];
            if (name !== undefined) element.setAttribute(kind, name);
        });
    all('[aria-label="No picture yet"]:not([role])', box => box.setAttribute('role', 'img'));
    all('#examples button:not([aria-label])',
        button => button.setAttribute('aria-label', 'Try the portrait of an astronaut'));
    all('#photo img[alt=""]', image => image.setAttribute('alt', 'Your photo'));
    all('#photo button[aria-label]', button => {  // its words are its name
        if (button.textContent.trim()) button.removeAttribute('aria-label');
    });
    all('#photo .uploading', line => put(line.firstChild, 'The photo is on its way …'));
    all('#photo [title="Start the camera"] .wrap', box => {
        put(box.lastChild, camera);
        set(box, 'role', 'status');
    });
    all('.toast-title', title => put(title.firstChild, 'This did not work '));
    all('[data-testid=toast-text]', hear);
};

const through = (place, name, done, failed) => {  // what Gradio asks of a browser in silence
    const device = navigator[place], ask = device?.[name]?.bind(device);
    const asked = wanted => (ask ? ask(wanted) : Promise.reject(new DOMException('', 'NotSupportedError'))).then(
        result => { done(result); mend(); return result; }, error => { failed(); mend(); throw error; });
    if (device) device[name] = asked;
    else Object.defineProperty(navigator, place, {value: {[name]: asked}});
};
through('mediaDevices', 'getUserMedia',
    () => { camera = START; }, () => { camera = isSecureContext ? NO_CAMERA : INSECURE; });
through('clipboard', 'read',
    items => refuse(items.some(item => item.types.some(type => type.startsWith('image/'))) ? '' : NOTHING_TO_PASTE),
    () => refuse(NOTHING_TO_PASTE));

const check = event => {  // before Gradio, which takes the last photo away even for a file that it then refuses
    const dropped = event.type === 'drop', file = (event.dataTransfer ?? event.target).files?.[0];
    if (!file || !event.target.closest?.('#photo')) return;
    const unknown = !file.type && /\.hei[cf]$/i.test(file.name);  // not every system knows a phone's pictures
    const sentence = file.size > MAX_UPLOAD ? TOO_LARGE : unknown || file.type.startsWith('image/') ? '' : NO_PHOTO;
    refuse(sentence);
    if (!sentence && !unknown) return;
    const files = new DataTransfer();
    if (!sentence) files.items.add(new File([file], file.name, {type: 'image/heic'}));
    if (!dropped) event.target.files = files.files;
    if (!dropped && !sentence) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (dropped && !(sentence && document.querySelector('#photo img')))
        event.target.dispatchEvent(new DragEvent('drop', {bubbles: true, dataTransfer: files}));
};
const paste = event => {  // by key, wherever the page is clicked
    const file = [...(event.clipboardData?.files ?? [])].find(file => file.type.startsWith('image/'));
    const place = document.querySelector('#photo :is(img, input[type=file])');
    if (!file || !place) return;
    const files = new DataTransfer();
    files.items.add(file);
    place.dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: files}));
};
document.addEventListener('paste', paste);
document.addEventListener('change', check, true);
document.addEventListener('drop', check, true);
document.addEventListener('click', event => { if (event.target.closest('#photo, #examples')) refuse(''); }, true);
mend();
new MutationObserver(mend).observe(document.documentElement,
    {childList: true, subtree: true, attributes: true, attributeFilter: ['aria-label', 'title', 'alt', 'lang']});
"""
)
"""For the browser. It also names what Gradio leaves without a name (axe-core: button-name, aria-prohibited-attr,
image-alt) and gives a page in English its language."""


class LinkPreview:
    """ASGI middleware: gives the page's HTML our words for where a link to it is shared, not those about Gradio."""

    def __init__(self, app, title, description):
        """Stand before an ASGI app (a callable); title and description are what the preview says."""
        self.app = app
        said = {"og:type": "website", "og:title": title, "og:description": description, "description": description}
        self.head = "".join(f'<meta property="{name}" name="{name}" content="{escape(said[name])}" />' for name in said)

    async def __call__(self, scope, receive, send):
        """Answer a connection."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("GET", "/"):
            await self.app(scope, receive, send)
            return
        started, body = None, b""

        async def send_mended(message):
            nonlocal started, body
            if message["type"] == "http.response.start":
                started = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = self.mend(body.decode()).encode()
            headers = [header for header in started["headers"] if header[0] != b"content-length"]
            await send(started | {"headers": [*headers, (b"content-length", str(len(page)).encode())]})
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, send_mended)

    def mend(self, page):
        """The page's HTML (str) with our preview in place of Gradio's."""
        page = re.sub(r"<meta\s[^>]*\b(og|twitter):[^>]*>", "", page)
        return page.replace("<head>", f"<head>{self.head}", 1)
