// SPDX-License-Identifier: MIT
// compare.js - the page of hum compare: tables and charts over the embedded model.

const SERIES = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8'];
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const TRAFFIC = [['bytes_demand', 'demanded by faults', 'device'],
                 ['bytes_prefetch', 'prefetched', 'k3'],
                 ['bytes_eviction', 'evicted', 'host'],
                 ['other', 'other', 'idle']];

function readComparison() {
    const model = JSON.parse(document.getElementById('model').textContent);
    const per = model.policies.length;

    model.cell = (trace, ratio, policy) =>
        model.cells[(trace * model.ratios.length + ratio) * per + policy];
    model.cells.forEach((cell, i) => {
        cell.index = i;
    });
    model.point = (trace, ratio) => model.points[trace * model.ratios.length + ratio];
    return model;
}

function fill(id, ...nodes) {
    document.getElementById(id).replaceChildren(...nodes);
}

function formatFigure(key, value) {
    return key.endsWith('_ns') ? formatTime(value)
        : key.startsWith('bytes') || key.endsWith('_bytes') ? formatBytes(value)
            : formatCount(value);
}

// Why a cell has no figures, as a word; '' if it has.
function missing(cell) {
    return cell.failed !== undefined ? 'failed' : cell.left_out !== undefined ? 'left out' : '';
}

// A figure of a replay, which says where it is in the model.
function figure(cell, key) {
    return element('span', {'data-figure': `cells.${cell.index}.${key}`, 'data-value': cell[key]},
                   formatFigure(key, cell[key]));
}

function pageOnly(model, trace, ratio) {
    const cells = model.policies.map((unused, p) => model.cell(trace, ratio, p));

    return cells.some((c) => c.page_only);
}

// Long names of policies may break behind their commas, dots and equals signs.
function breakable(name) {
    return name.replace(/[,.=]/g, '$&\u200b');
}

// Large ones as a factor, which is easier to read than thousands of per cent.
function formatRegret(regret) {
    return regret !== null && regret >= 10 ? `×\u202f${formatRatio(1 + regret)}`
        : formatPercent(regret);
}

function pointName(model, index) {
    const point = model.points[index];

    return `${model.traces[point.trace]} at r = ${model.ratios[point.ratio]}`;
}

// ---- words and tables ------------------------------------------------------------------------

function head(model) {
    const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;
    const failed = model.cells.filter((c) => c.failed !== undefined).length;

    fill('title', `${count(model.policies.length, 'policy', 'policies')} on ` +
        count(model.traces.length, 'trace', 'traces'));
    fill('about', [`r = ${model.ratios.join(', ')}`, `link ${model.link}`,
                   `faults ${model.fault}`, count(model.cells.length, 'replay', 'replays')]
        .join(' · '));
    const leftOut = model.cells.filter((c) => c.left_out !== undefined);
    const notices = [];

    if (failed)
        notices.push(`${failed} of ${model.cells.length} replays failed; ` +
            `the first: ${model.cells.find((c) => c.failed !== undefined).failed}`);
    if (leftOut.length)
        notices.push(`${leftOut.length} of ${model.cells.length} replays are left out; ` +
            `the first: ${leftOut[0].left_out}`);
    fill('notices', ...notices.map((text) => element('p', {class: 'notice'}, text)));
    fill('findings-list', ...model.findings.split('\n').filter((s) => s)
        .map((s) => element('li', {}, s)));
    fill('command', model.command);
}

function standingsTable(model) {
    const base = model.baseline === null ? null : model.policies[model.baseline];
    const rows = model.standings.map((s) => [
        model.policies[s.policy], formatRatio(s.to_baseline), formatRatio(s.to_bound),
        formatRegret(s.regret_mean), formatRegret(s.regret_worst),
        s.points ? element('span', {class: 'whole'}, pointName(model, s.worst_point)) : '', `${s.wins} of ${s.points}`]);

    return table('Geometric means over all points; lower is better', [
        {title: 'Policy', text: true},
        {title: base ? `Time / ${base}` : 'Time / baseline', modelled: true},
        {title: 'Time / bound', modelled: true}, {title: 'Regret, mean', modelled: true},
        {title: 'Regret, worst', modelled: true}, {title: 'where', text: true},
        {title: 'Best at'}], rows);
}

// Lightness says how large a regret is; the number stands in the cell.
function regretColour(regret) {
    const part = Math.min(1, Math.log1p(regret) / Math.log(6));

    return `color-mix(in srgb, var(--device) ${Math.round(70 * part)}%, transparent)`;
}

function regretTable(model) {
    const columns = [{title: 'Trace', text: true}, {title: 'r'},
                     ...model.policies.map((p) => ({title: breakable(p)}))];
    const rows = model.points.map((point) => [
        model.traces[point.trace], String(model.ratios[point.ratio]) +
            (pageOnly(model, point.trace, point.ratio) ? ' *' : ''),
        ...model.policies.map((unused, p) => {
            const cell = model.cell(point.trace, point.ratio, p);

            return missing(cell) || (cell.regret === null ? 'failed' : formatRegret(cell.regret));
        })]);
    const node = table('How much longer than the best policy of the row, from 10 times on as a ' +
        'factor; the best is underlined', columns, rows);

    node.querySelector('table').classList.add('heat');
    if (model.cells.some((c) => c.page_only))
        node.append(element('p', {class: 'hint'}, '* There is room for less than 8 blocks of 2 MiB ' +
            'there, or --page-only was given: single pages were replayed, by another machine. ' +
            'These times do not stand beside those of blocks.'));
    node.querySelectorAll('tbody tr').forEach((row, i) => {
        const point = model.points[i];

        model.policies.forEach((unused, p) => {
            const cell = model.cell(point.trace, point.ratio, p), td = row.children[p + 2];

            if (cell.regret !== undefined && cell.regret !== null)
                td.style.background = regretColour(cell.regret);
            td.classList.toggle('best', point.best === p);
        });
    });
    return node;
}

function moved(cell) {
    return cell.bytes_h2d + cell.bytes_d2h + cell.bytes_d2d;
}

function trafficBar(cell, most) {
    const other = moved(cell) - cell.bytes_demand - cell.bytes_prefetch - cell.bytes_eviction;

    return element('div', {class: 'stack', role: 'img', 'aria-label': TRAFFIC.map(([key, text]) =>
        `${formatBytes(key === 'other' ? other : cell[key])} ${text}`).join(', ')},
        ...TRAFFIC.map(([key, text, fillName]) => element('i', {
            title: `${text}: ${formatBytes(key === 'other' ? other : cell[key])}`,
            style: `width:${most ? 100 * (key === 'other' ? other : cell[key]) / most : 0}%;` +
                `background:var(--${fillName})`})));
}

function trafficTable(model, trace, ratio) {
    const cells = model.policies.map((unused, p) => model.cell(trace, ratio, p));
    const most = Math.max(1, ...cells.filter((c) => !missing(c))
        .map(moved));
    const rows = cells.map((cell, p) => missing(cell)
        ? [model.policies[p], missing(cell), '', '', '', '', '', '', '']
        : [model.policies[p], trafficBar(cell, most),
           ...['bytes_h2d', 'bytes_d2h', 'bytes_d2d', 'far_faults', 'evictions',
               'evictions_clean', 'thrashed_pages'].map((key) => figure(cell, key))]);

    return element('div', {}, element('p', {class: 'keys'}, ...TRAFFIC.map(([, text, c]) =>
        element('span', {class: 'key'}, element('i', {style: `background:var(--${c})`}), text))),
        table('', [{title: 'Policy', text: true}, {title: 'Bytes by cause', text: true},
                   {title: 'To devices'}, {title: 'To host'}, {title: 'Between devices'},
                   {title: 'Far faults'}, {title: 'Evictions'}, {title: 'of these clean'}, {title: 'Thrashed pages'}],
              rows));
}

function cellsTable(model) {
    const keys = Object.keys(model.cells.find((c) => !missing(c)) || {})
        .filter((k) => !['trace', 'ratio', 'policy', 'regret', 'index'].includes(k));

    return table('', [{title: 'Trace', text: true}, {title: 'r'}, {title: 'Policy', text: true},
                      ...keys.map((k) => ({title: k.replaceAll('_', ' ')}))],
                 model.cells.map((c) => [model.traces[c.trace], String(model.ratios[c.ratio]),
                                         model.policies[c.policy],
                                         ...keys.map((k) => missing(c) ? '–'
                                             : figure(c, k))]));
}

// ---- time against r --------------------------------------------------------------------------

function lineOf(index) {
    return {stroke: colour(SERIES[index % SERIES.length]), width: 2,
            dash: DASHES[Math.floor(index / SERIES.length) % DASHES.length], points: {size: 6}};
}

function timesData(model, trace) {
    const order = model.ratios.map((r, i) => i).sort((a, b) => model.ratios[a] - model.ratios[b]);
    const value = (ns) => ns === undefined || ns === null ? null : ns / 1e6;
    const lines = model.policies.map((unused, p) =>
        order.map((r) => value(model.cell(trace, r, p).modelled_ns)));
    const bound = order.map((r) => value(model.point(trace, r).bound_ns) || null);

    return {order, data: [order.map((r) => model.ratios[r]), ...lines, bound]};
}

// Policies are often orders of magnitude apart, so the scale is logarithmic, over whole decades.
function rangeOfTimes(u, low, high) {
    if (!(low > 0))
        return [0.1, 1];
    return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high) + 1e-9)];
}

function rangeOfRatios(u, low, high) {
    const room = low === high ? 0.5 : (high - low) * 0.02;

    return [low - room, high + room];
}

// Lines of one colour differ by their dashes, in the legend as well.
function borderOf(u, index) {
    const dash = u.series[index].dash;

    return !dash || !dash.length ? 'solid' : dash[0] > 3 ? 'dashed' : 'dotted';
}

class TimesChart {
    constructor(model, parent) {
        this.model = model;
        this.parent = parent;
        this.trace = 0;
    }

    build() {
        const model = this.model, {data} = timesData(model, this.trace);
        const main = document.querySelector('main'), style = getComputedStyle(main);
        const width = Math.max(300, Math.floor(main.clientWidth -
            parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)));
        const axis = {stroke: colour('soft'), grid: {stroke: colour('grid'), width: 1},
                      font: '12px system-ui, sans-serif'};

        if (this.plot)
            this.plot.destroy();
        this.plot = new uPlot({
            width, height: 380, scales: {x: {time: false, range: rangeOfRatios},
                                         y: {distr: 3, range: rangeOfTimes}},
            legend: {live: true, markers: {dash: borderOf}},
            series: [{label: 'r'},
                     ...model.policies.map((p, i) => ({label: p, ...lineOf(i),
                         value: (u, v) => v === null ? '–' : formatTime(v * 1e6)})),
                     {label: 'bound', stroke: colour('ink'), width: 1, dash: [3, 3],
                      points: {show: false},
                      value: (u, v) => v === null ? '–' : formatTime(v * 1e6)}],
            axes: [{...axis, label: 'r = footprint / device memory',
                    splits: () => data[0], values: (u, splits) => splits.map(String)},
                   {...axis, size: 90, label: 'modelled time, log scale',
                    values: (u, splits) => splits.map((s) => s === null ? '' : formatTime(s * 1e6))}],
        }, data, this.parent);
        const canvas = this.parent.querySelector('canvas');
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', `Modelled time of each policy against r, trace ` +
            `${model.traces[this.trace]}; the table below has the numbers`);
    }
}

function timesTable(model, trace) {
    const {order} = timesData(model, trace);
    const rows = model.policies.map((name, p) => [name, ...order.map((r) => {
        const cell = model.cell(trace, r, p);

        return missing(cell) || formatTime(cell.modelled_ns);
    })]);

    rows.push(['bound', ...order.map((r) => formatTime(model.point(trace, r).bound_ns))]);
    return table('Modelled time', [{title: 'Policy', text: true},
                                   ...order.map((r) => ({title: `r = ${model.ratios[r]}`,
                                                         modelled: true}))], rows);
}

// ---- all of it -------------------------------------------------------------------------------

function choose(id, texts, change) {
    const select = document.getElementById(id);

    select.replaceChildren(...texts.map((text, i) => element('option', {value: i}, text)));
    select.addEventListener('change', change);
    return select;
}

function main() {
    const model = readComparison();
    const chart = new TimesChart(model, document.getElementById('chart'));
    const update = () => {
        const t = Number(trace.value), r = Number(ratio.value);

        chart.trace = t;
        chart.build();
        fill('times-table', timesTable(model, t));
        fill('traffic-table', trafficTable(model, t, r));
        fill('traffic-about', `${model.traces[t]}, r = ${model.ratios[r]}` +
            `${pageOnly(model, t, r) ? ', page by page' : ''}. Bars share one scale.`);
    };
    const trace = choose('trace', model.traces, update);
    const ratio = choose('ratio', model.ratios.map(String), update);

    head(model);
    fill('standings-table', standingsTable(model));
    fill('regret-table', regretTable(model));
    fill('cells-table', cellsTable(model));
    ratio.value = model.ratios.length > 1 ? 1 : 0;
    update();
    addEventListener('resize', () => chart.build());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        forgetColours();
        chart.build();
    });
    document.documentElement.dataset.ready = 'yes';
}

main();
