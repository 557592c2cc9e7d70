export { type ArticleFields, leasedArticle } from '../util/leased-article.js';
