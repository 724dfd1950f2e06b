//! `renraku serve`: the loops and the pages, until it is told to stop.

use super::app::App;
use super::{CliError, CliResult, Common};
use crate::jobs::lock::WorkerLock;
use crate::{jobs, web};
use clap::Args;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Pages that are made at once; the others wait for a moment. Each thread has memory of its own, and a page takes
/// some milliseconds; a picture that is made anew takes a tenth of a second, in a process of its own.
const WAITING_THREADS: usize = 32;

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address and port; the settings' (127.0.0.1:8470) when left out.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

pub fn serve(common: &Common, args: &ServeArgs) -> CliResult {
    let app = App::open(common)?;
    let listen = args.listen.unwrap_or(app.config.serve.listen);
    refuse_open_door(listen, app.config.serve.behind_tls_proxy)?;
    let _lock = WorkerLock::take(&app.data)?;
    take_over(&app)?;
    let runtime = runtime()?;
    runtime.block_on(serve_until_stopped(&app, listen))?;
    Ok(ExitCode::SUCCESS)
}

/// What a worker that died had in its hands. The lock says that none lives.
fn take_over(app: &App) -> Result<(), CliError> {
    let now = app.clock.now();
    app.store.recover_arrivals(true, now)?;
    for delivery in app.store.recover_deliveries(true, now)? {
        tracing::warn!(delivery = %delivery.id, state = %delivery.state, "taken over from a worker that died");
    }
    Ok(())
}

/// What the server runs on. What waits for the store runs on at most [`WAITING_THREADS`].
pub fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().max_blocking_threads(WAITING_THREADS).build()
}

async fn serve_until_stopped(app: &App, listen: SocketAddr) -> Result<(), CliError> {
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        format!("{listen} で待ち受けできません({error})。別のポートを指定してください / cannot listen there: choose another port")
    })?;
    let place = format!("renraku: http://{}/", listener.local_addr()?);
    run(app, listener, false, || eprintln!("{place}")).await
}

/// The loops and the pages, until somebody says stop. What is on its way then is waited for. `say` tells people
/// where it listens.
pub async fn run(app: &App, listener: TcpListener, sample: bool, say: impl FnOnce()) -> Result<(), CliError> {
    // Heard from now on: who reads the next line may say stop at once.
    let told = told_to_stop()?;
    say();
    let (stop, stopped) = watch::channel(false);
    let loops = tokio::spawn(jobs::run(app.works()?, stopped.clone()));
    let router = web::router(app.web(sample, stopped.clone())?);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let mut stopping = stopped;
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    });
    let server = tokio::spawn(async move { server.await });
    told.await;
    eprintln!("renraku: 終了します(送信中のものを待っています) / stopping when what is being sent has ended");
    stop.send_replace(true);
    loops.await?;
    server.await??;
    Ok(())
}

/// Listens for the signals at once; ends when one of them comes.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Without TLS only this machine may listen.
fn refuse_open_door(listen: SocketAddr, behind_tls_proxy: bool) -> Result<(), CliError> {
    if listen.ip().is_loopback() || behind_tls_proxy {
        return Ok(());
    }
    Err(format!(
        "{listen} は外部から見えるアドレスです。TLSプロキシを置き、設定に serve.behind_tls_proxy = true と書くか、127.0.0.1 を使ってください / {listen} can be reached from other machines without TLS: put a TLS proxy before it and set serve.behind_tls_proxy = true, or listen on 127.0.0.1"
    )
    .into())
}
