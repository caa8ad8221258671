// SPDX-License-Identifier: MIT
// format.js - figures for people, and the elements that hold them.

function formatCount(value) {
    return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

function formatBytes(value) {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
    let unit = 0;

    while (value >= 1024 && unit < units.length - 1) {
        value /= 1024;
        unit++;
    }
    return (unit ? value.toFixed(1) : Math.round(value)) + '\u00a0' + units[unit];
}

function formatTime(ns) {
    if (ns < 1e3)
        return Math.round(ns) + '\u00a0ns';
    if (ns < 1e6)
        return (ns / 1e3).toFixed(1) + '\u00a0µs';
    if (ns < 1e9)
        return (ns / 1e6).toFixed(1) + '\u00a0ms';
    return (ns / 1e9).toFixed(2) + '\u00a0s';
}

// A moment, in a unit that suits the span around it, with as many digits as tell steps apart.
function formatMoment(ns, spanNs, stepNs = spanNs / 1000) {
    const unit = spanNs < 2e4 ? [1e3, 'µs'] : spanNs < 2e9 ? [1e6, 'ms'] : [1e9, 's'];
    const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(stepNs / unit[0]) - 1e-9)));

    return (ns / unit[0]).toFixed(digits) + '\u00a0' + unit[1];
}

function formatRatio(value) {
    return value === null ? 'not known' : value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function formatPercent(value) {
    return value === null ? 'not known' : (100 * value).toFixed(1) + '\u00a0%';
}

// element('td', {class: 'text'}, 'a', child)
function element(name, attributes = {}, ...children) {
    const node = document.createElement(name);

    for (const [key, value] of Object.entries(attributes))
        if (value !== undefined && value !== null && value !== false)
            node.setAttribute(key, value);
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
}

function modelledMark() {
    return element('span', {class: 'modelled'}, 'modelled');
}

// columns: [{title, text: true if it is text, modelled}], rows: arrays of cells, text or elements
function table(caption, columns, rows) {
    const head = element('tr', {}, ...columns.map((c) =>
        element('th', {scope: 'col', class: c.text ? 'text' : null}, c.title,
                ...(c.modelled ? [' ', modelledMark()] : []))));
    const body = rows.map((cells) => element('tr', {}, ...cells.map((cell, i) =>
        element(i ? 'td' : 'th', {scope: i ? null : 'row',
                                  class: columns[i].text ? 'text' : null}, cell))));

    // A long table scrolls by itself, and with the keyboard.
    const long = rows.length > 24 ? {tabindex: '0', role: 'region', 'aria-label': caption} : {};

    return element('div', {class: rows.length > 24 ? 'scroll long' : 'scroll', ...long},
                   element('table', {}, element('caption', {}, caption),
                           element('thead', {}, head), element('tbody', {}, ...body)));
}

function factsTable(caption, rows) {
    return element('table', {class: 'facts'}, element('caption', {}, caption),
                   element('tbody', {}, ...rows.map(([name, value]) =>
                       element('tr', {}, element('th', {scope: 'row'}, name),
                               element('td', {}, value)))));
}

// Colours of the style sheet; kept, because asking for them is slow.  forgetColours() when they change.
const colours = new Map();

function forgetColours() {
    colours.clear();
}

function colour(name) {
    if (!colours.has(name))
        colours.set(name, getComputedStyle(document.documentElement)
            .getPropertyValue('--' + name).trim());
    return colours.get(name);
}

function processorColour(processor) {
    return colour(processor < 0 ? 'host' : 'p' + (1 + processor % 5));
}
