// The photos of this visit: choose one to come back to it, or set two side by side.
page.album = (element, trigger, watch) => {
    element.addEventListener('click', event => {  // also of the one that is chosen, once it is no longer on show
        if (event.target.matches('input')) {
            trigger('input', {kept: event.target.value});
            page.turnTo('given');
        }
        const wanted = event.target.closest('button')?.dataset.do;
        if (wanted === 'compare') {
            page.comparison.open();  // the last one, which may still be right
            trigger('select', {});
        }
        else if (wanted) page.turnTo('many', '#many button');
    });
    watch('value', () => follow(element));
};
page.comparison = {open: () => {}};
page.comparison.lay_out = (element, trigger, watch) => {
    const place = document.querySelector('#comparison');  // shown over the page, closed by Escape
    Object.assign(place, {popover: 'auto', role: 'dialog', ariaLabel: 'Two photos side by side'});
    page.comparison.open = () => {
        if (!element.querySelector('.pair') || place.matches(':popover-open')) return;
        place.showPopover();
        element.querySelector('select').focus();
    };
    element.addEventListener('change', () => {
        const menus = [...element.querySelectorAll('select')];
        trigger('input', Object.fromEntries(menus.map(menu => [menu.name, menu.value])));
    });
    element.addEventListener('click', event => {
        if (event.target.closest('button')) place.hidePopover();
    });
    watch('value', () => {
        follow(element);
        if (element.querySelector('.pair')) page.comparison.open();
        else place.hidePopover();
    });
};
