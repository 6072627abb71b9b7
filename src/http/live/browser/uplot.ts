/** Left out of the page's module: in the browser the server gives the package's own in the place of this one. */
export {default} from 'uplot';
