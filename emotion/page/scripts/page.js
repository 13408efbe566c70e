// What the browser does by itself. Each place of the page has a function here, which Gradio calls once it is drawn.
const page = window.page = {};
page.facts = JSON.parse(document.querySelector('#facts').textContent);
document.documentElement.lang = 'en';

const warn = console.warn;  // Gradio's client warns of this at the end of each answer
console.warn = (...words) => words[0] === 'Method not implemented.' || warn(...words);

// Gradio draws a place anew by changing attributes, which a box that was clicked or a menu does not follow.
const follow = element => {
    for (const box of element.querySelectorAll('input')) box.checked = box.hasAttribute('checked');
    for (const menu of element.querySelectorAll('select'))
        menu.selectedIndex = Math.max(0, [...menu.options].findIndex(option => option.hasAttribute('selected')));
};
page.choices = (element, trigger, watch) => {
    element.addEventListener('change', event => trigger('input', {[event.target.name]: event.target.value}));
    watch('value', () => follow(element));
};
document.addEventListener('keydown', event => {  // Escape closes what is open around the focus
    if (event.key !== 'Escape') return;
    const notice = event.target.closest('details[open]'), more = event.target.closest('#more')?.querySelector('button.open');
    if (notice) notice.open = false;
    more?.click();
    (notice?.querySelector('summary') ?? more)?.focus();
});
page.download = parcel => {
    if (!parcel) return;
    const [name, address] = JSON.parse(parcel);
    Object.assign(document.createElement('a'), {download: name, href: address}).click();
};
