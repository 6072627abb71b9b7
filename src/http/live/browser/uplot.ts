/** In the browser the server gives the package's own module in the place of this one: there are no bare names there. */
export {default} from 'uplot';
