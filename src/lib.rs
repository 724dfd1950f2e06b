//! renraku (連絡), a gateway between physicians and care managers. This page is the map.

pub mod cli;
pub mod config;
pub mod domain;
pub mod flow;
pub mod form;
pub mod jobs;
pub mod mail;
pub mod pool;
pub mod practice;
pub mod read;
pub mod report;
pub mod seal;
pub mod sheet;
pub mod store;
pub mod typeset;
pub mod web;
